import type { Readable } from 'node:stream';
import type { HostError } from '../../domain/host.ts';
import type { Clock, CommandOutput, RemoteStream } from '../../domain/ports.ts';
import { SECOND } from '../../domain/time.ts';
import { printable } from './printable.ts';

/** How much of standard error is kept, in bytes: it explains a failure, and is no data. */
const STDERR_CAP = 16 * 1024;
/** How long a program that has ended may leave its output open (something it started still holds it). */
const LEFTOVER_GRACE = 1 * SECOND;
/** How long a program that was told to end has for it. */
const END_GRACE = 5 * SECOND;

/** A shell that has been started, here or on another machine. */
export interface Program {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once the program itself has ended; never where that is not told. */
  readonly exited: Promise<void>;
  /** null until it has exited, and when a signal ended it. */
  exitCode(): number | null;
  /** Settles once nothing is held any more: null after an orderly end, else how the host was lost. Never rejects. */
  readonly closed: Promise<HostError | null>;
  /** Asks it to end. */
  end(): void;
  /** Lets go of it, whatever it still does: `closed` settles. */
  abandon(): void;
}

/** Ends a program without waiting for it, and abandons it when it does not end soon. */
export function letGo(program: Program, clock: Clock): void {
  program.end();
  const cancel = clock.after(END_GRACE, () => program.abandon());
  void program.closed.then(cancel);
}

/**
 * Collects what a program prints until it is over, `deadline` aborts, or it has printed more than
 * `capBytes`. Throws HostError when the host was lost meanwhile.
 */
export async function capture(
  program: Program,
  capBytes: number,
  deadline: AbortSignal,
  clock: Clock,
): Promise<CommandOutput> {
  const stdout = keepFirst(program.stdout, capBytes);
  const stderr = keepFirst(program.stderr, STDERR_CAP);
  const end = await new Promise<HostError | 'over' | 'timed-out' | 'truncated'>((resolve) => {
    const expire = () => resolve('timed-out');
    if (deadline.aborted) expire();
    deadline.addEventListener('abort', expire, { once: true });
    void stdout.overflow.then(() => resolve('truncated'));
    void whenOver(program, clock).then((lost) => resolve(lost ?? 'over'));
  });
  letGo(program, clock);
  if (typeof end === 'object') throw end;
  return {
    stdout: stdout.bytes(),
    stderr: printable(stderr.bytes().toString()),
    exitCode: end === 'over' ? program.exitCode() : null,
    timedOut: end === 'timed-out',
    truncated: end === 'truncated',
  };
}

/** Hands on what a program prints until it is over or stopped. `onData` must not throw. */
export function follow(program: Program, onData: (chunk: Buffer) => void, clock: Clock): RemoteStream {
  let open = true;
  let settle: (reason: string) => void;
  const ended = new Promise<string>((resolve) => {
    settle = resolve;
  });
  function finish(reason: string): void {
    if (!open) return;
    open = false;
    letGo(program, clock);
    settle(reason);
  }
  read(program.stdout, (chunk) => {
    if (open) onData(chunk);
  });
  const stderr = keepFirst(program.stderr, STDERR_CAP);
  void whenOver(program, clock).then((lost) => {
    finish(lost?.message ?? exitReason(program.exitCode(), printable(stderr.bytes().toString())));
  });
  return { ended, stop: () => finish('stopped') };
}

function exitReason(exitCode: number | null, stderr: string): string {
  const [firstLine = ''] = stderr.trim().split('\n');
  const end = exitCode === null ? 'the program was ended' : `the program ended with exit code ${exitCode}`;
  return firstLine === '' ? end : `${end}: ${firstLine.slice(0, 200)}`;
}

function whenOver(program: Program, clock: Clock): Promise<HostError | null> {
  return new Promise((resolve) => {
    let closed = false;
    let cancel = () => {};
    void program.exited.then(() => {
      if (!closed) cancel = clock.after(LEFTOVER_GRACE, () => resolve(null));
    });
    void program.closed.then((lost) => {
      closed = true;
      cancel();
      resolve(lost);
    });
  });
}

/** What comes after the cap is read and dropped, so that the program does not stand still. */
function keepFirst(stream: Readable, cap: number): { bytes: () => Buffer; overflow: Promise<void> } {
  const chunks: Buffer[] = [];
  let room = cap;
  const overflow = new Promise<void>((resolve) => {
    read(stream, (chunk) => {
      if (chunk.length > room) resolve();
      if (room > 0) chunks.push(chunk.subarray(0, room));
      room = Math.max(0, room - chunk.length);
    });
  });
  return { bytes: () => Buffer.concat(chunks), overflow };
}

function read(stream: Readable, onData: (chunk: Buffer) => void): void {
  stream.on('data', onData);
  // A pipe that breaks is over; `closed` tells.
  stream.on('error', () => {});
}
