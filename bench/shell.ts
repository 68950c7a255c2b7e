import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandOutput, Connector } from '../src/domain/ports.ts';
import { shellScript } from '../src/util/shell.ts';

/** A shell of this machine that tells what its programs cost. */
export interface MeasuredShell extends Connector {
  /** User and system time of all programs so far, in milliseconds. */
  cpuMs(): number;
}

/** @param wrapper runs the shell: `strace ...` */
export function measuredShell(wrapper: readonly string[] = []): MeasuredShell {
  let cpuMs = 0;
  return {
    cpuMs: () => cpuMs,
    async run(program, input): Promise<CommandOutput> {
      const [file = 'sh', ...args] = [...wrapper, 'sh', '-c', 'eval "$(cat)"; times >&2'];
      const child = spawn(file, args);
      const chunks: Buffer[] = [];
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      const closed = new Promise<number | null>((resolve, reject) => {
        child.once('close', resolve);
        child.once('error', reject);
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(shellScript(program, input));
      const exitCode = await closed;
      cpuMs += shellTimes(stderr);
      return { stdout: Buffer.concat(chunks), stderr, exitCode, timedOut: false, truncated: false };
    },
    stream: () => Promise.reject(new Error('not here')),
    close: () => Promise.resolve(),
  };
}

/** The two lines of `times`: user and system time of the shell, then of its children. */
function shellTimes(stderr: string): number {
  const lines = stderr.trimEnd().split('\n').slice(-2).join(' ');
  return [...lines.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60_000 * Number(minutes) + 1000 * Number(seconds),
    0,
  );
}

export interface FileCalls {
  readonly calls: number;
  /** How they were counted. */
  readonly how: string;
}

/** The system calls that name a file, of a shell and of all that runs under it; without strace, the files it is told to look at. */
export async function countFileCalls(work: (shell: Connector) => Promise<unknown>): Promise<FileCalls> {
  const works = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0;
  return works ? countWithStrace(work) : countFilesAsked(work);
}

async function countFilesAsked(work: (shell: Connector) => Promise<unknown>): Promise<FileCalls> {
  const shell = measuredShell();
  let calls = 0;
  await work({
    ...shell,
    run(program, input, options) {
      for (const list of [input.scan_stamps, input.scan_reads, input.scan_walks]) {
        calls += (list ?? '').split('\n').filter((line) => line.includes(' /')).length;
      }
      return shell.run(program, input, options);
    },
  });
  return { calls, how: 'files asked for, as there is no strace' };
}

async function countWithStrace(work: (shell: Connector) => Promise<unknown>): Promise<FileCalls> {
  const folder = mkdtempSync(join(tmpdir(), 'pylon-bench-'));
  const report = join(folder, 'calls');
  const shell = measuredShell([
    'strace',
    '-f',
    '--seccomp-bpf',
    '-c',
    '-U',
    'name,calls',
    '-e',
    'trace=%file',
    '-o',
    report,
  ]);
  let calls = 0;
  try {
    await work({
      ...shell,
      async run(...given) {
        const output = await shell.run(...given);
        calls += Number(/^total\s+(\d+)/m.exec(readFileSync(report, 'utf8'))?.[1]);
        return output;
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { calls, how: 'strace' };
}
