import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const CLI = join(import.meta.dirname, '../../dist/cli.js');

export interface BotProcess {
  readonly child: ChildProcess;
  output(): string;
  errors(): string;
  /** Waits until the output holds the text. */
  says(text: string, ms?: number): Promise<void>;
  type(line: string): void;
  /** Resolves with the exit status. */
  stopped(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The built bot as its own process, in a folder of its own. */
export function startBot(cwd: string, env: Readonly<Record<string, string>>): BotProcess {
  return run(MAIN, [], cwd, env);
}

/** The built command line; resolves once it has ended. */
export async function pylon(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number | null; readonly out: string; readonly err: string }> {
  const bot = run(CLI, args, cwd, env);
  bot.child.stdin?.end();
  const [status] = (await once(bot.child, 'close')) as [number | null];
  return { status, out: bot.output(), err: bot.errors() };
}

function run(script: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): BotProcess {
  const { PATH = '', NODE_V8_COVERAGE: coverage } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { PATH, HOME: cwd, ...(coverage !== undefined && { NODE_V8_COVERAGE: coverage }), ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return {
    child,
    output: () => out,
    errors: () => err,
    async says(text, ms = 15_000) {
      await eventually(`the bot says "${text}"`, () => out.includes(text), ms).catch((error: Error) => {
        throw new Error(`${error.message}\n--- output:\n${out}\n--- errors:\n${err}`);
      });
    },
    type: (line) => void child.stdin.write(`${line}\n`),
    async stopped(signal) {
      const closed = child.exitCode === null && child.signalCode === null ? once(child, 'close') : null;
      if (signal !== undefined) child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}
