import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { HostError } from '../../domain/host.ts';
import type { Clock, Connector } from '../../domain/ports.ts';
import { SHELL_COMMAND, shellScript } from '../../util/shell.ts';
import { startDeadline } from './deadline.ts';
import { capture, follow, type Program } from './program.ts';

/** A shell on the bot's own machine. Each program is a process group of its own, and is ended as a whole. */
export function createLocalConnector({ clock }: { readonly clock: Clock }): Connector {
  const live = new Set<Program>();
  let closed = false;

  async function start(script: string): Promise<Program> {
    if (closed) throw closedError();
    const program = await startShell(script);
    if (closed) {
      program.abandon();
      throw closedError();
    }
    live.add(program);
    void program.closed.then(() => live.delete(program));
    return program;
  }

  return {
    async run(program, input, { timeoutMs, capBytes }) {
      const script = shellScript(program, input);
      const deadline = startDeadline(clock, timeoutMs, () => new HostError('timeout', 'the time was up'));
      try {
        return await capture(await start(script), capBytes, deadline.signal, clock);
      } finally {
        deadline.cancel();
      }
    },
    async stream(program, input, onData) {
      return follow(await start(shellScript(program, input)), onData, clock);
    },
    async close() {
      closed = true;
      for (const program of live) program.abandon();
    },
  };
}

function closedError(): HostError {
  return new HostError('failed', 'the bot is shutting down');
}

async function startShell(script: string): Promise<Program> {
  const child = spawn('sh', ['-c', SHELL_COMMAND], { detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(new HostError('failed', `no shell could be started here: ${error.code ?? error.message}`));
    });
  });
  // A program may end without reading its script whole.
  child.stdin.on('error', () => {});
  child.stdin.end(script);
  return childProgram(child);
}

function childProgram(child: ChildProcessWithoutNullStreams): Program {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let settle: (lost: HostError) => void;
  const closed = new Promise<HostError | null>((resolve) => {
    settle = resolve;
    child.once('close', () => resolve(null));
  });
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    exitCode: () => child.exitCode,
    closed,
    end: () => signalGroup(child, 'SIGTERM'),
    abandon() {
      signalGroup(child, 'SIGKILL');
      // A process in uninterruptible sleep does not even die of SIGKILL, and must not keep the bot.
      for (const stream of child.stdio) stream?.destroy();
      child.unref();
      settle(closedError());
    },
  };
}

function signalGroup(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  // Closed pipes and an end: nothing is left of it, and the number may be another's by now.
  if (child.pid === undefined || isOver(child)) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended meanwhile.
  }
}

function isOver(child: ChildProcessWithoutNullStreams): boolean {
  const ended = child.exitCode !== null || child.signalCode !== null;
  return ended && child.stdout.closed && child.stderr.closed;
}
