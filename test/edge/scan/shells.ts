import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandOutput, Connector } from '../../../src/domain/ports.ts';
import { shellScript } from '../../../src/util/shell.ts';

const BUSYBOX_APPLETS = [
  'sh',
  'awk',
  'cut',
  'date',
  'find',
  'head',
  'md5sum',
  'sed',
  'stat',
  'tail',
  'tr',
  'wc',
  'xargs',
];

/** A shell that programs must run in; `path` is where its commands come from. */
export interface Shell {
  readonly name: string;
  readonly command: readonly string[];
  path(folder: string): string;
}

const systemPath = (): string => process.env.PATH ?? '';

/** Those of dash, bash and busybox ash (with busybox's own tools) that are installed. */
export const SHELLS: readonly Shell[] = [
  { name: 'dash', command: ['dash'], path: systemPath },
  { name: 'bash', command: ['bash', '--posix'], path: systemPath },
  {
    name: 'busybox',
    command: ['busybox', 'sh'],
    path(folder: string) {
      const { stdout } = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' });
      mkdirSync(folder, { recursive: true });
      for (const applet of BUSYBOX_APPLETS) symlinkSync(stdout.trim(), join(folder, applet));
      return folder;
    },
  },
].filter(({ command }) => spawnSync(command[0] ?? '', ['-c', ':']).error === undefined);

export interface CountingConnector extends Connector {
  /** Programs run so far. */
  trips(): number;
  /** What the programs printed on standard error. */
  errors(): string;
  /** Standard output of the last program. */
  lastOutput(): string;
}

/** Runs programs as a connector does, in a given shell. */
export function shellConnector({ command }: Shell, path: string): CountingConnector {
  let trips = 0;
  let errors = '';
  let last = '';
  return {
    trips: () => trips,
    errors: () => errors,
    lastOutput: () => last,
    async run(program, input): Promise<CommandOutput> {
      trips += 1;
      const [file = '', ...args] = command;
      const child = spawn(file, [...args, '-c', `PATH='${path}'; eval "$(/bin/cat)"`]);
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString();
      });
      const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
      child.stdin.end(shellScript(program, input));
      const exitCode = await closed;
      const stdout = Buffer.concat(chunks);
      last = stdout.toString();
      return { stdout, stderr: errors, exitCode, timedOut: false, truncated: false };
    },
    stream: () => Promise.reject(new Error('not here')),
    close: () => Promise.resolve(),
  };
}
