import type { Receipt } from './delivery.ts';
import type { HostProcess, HostSample } from './host.ts';
import type { LogCursor } from './launcher.ts';
import type { Message } from './message.ts';
import type { ProjectScan, Run } from './run.ts';
import type { State } from './state.ts';
import { type Instant, SECOND } from './time.ts';

/** The only source of time; tests pass one that they move by hand. */
export interface Clock {
  now(): Instant;
  /** Runs `task` once, at least `ms` from now. Safe above 2^31 ms. Returns the way to call it off. */
  after(ms: number, task: () => void): () => void;
}

/** A number in [0, 1). */
export type Random = () => number;

export interface CommandOutput {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** null when it was ended by us or by a signal. */
  readonly exitCode: number | null;
  /** Ended by us because it took too long; what it had printed by then is in `stdout`. */
  readonly timedOut: boolean;
  /** Ended by us because it printed more than the cap. */
  readonly truncated: boolean;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly capBytes: number;
}

export interface RemoteStream {
  /** Settles when the stream is over, with the reason; never rejects. */
  readonly ended: Promise<string>;
  stop(): void;
}

/**
 * A shell on one host. `program` is POSIX sh and constant text; whatever varies goes into `input`,
 * whose entries the program sees as shell variables, never as words to be parsed.
 * Both calls throw HostError when the host cannot be reached.
 */
export interface Connector {
  run(program: string, input: Readonly<Record<string, string>>, options: RunOptions): Promise<CommandOutput>;
  /** Resolves once the program has started; `onData` gets its standard output as it comes. */
  stream(
    program: string,
    input: Readonly<Record<string, string>>,
    onData: (chunk: Buffer) => void,
  ): Promise<RemoteStream>;
  close(): Promise<void>;
}

/** What one look at the run folders of a host's disk gave. */
export interface RunsReading {
  /** The process table; null where it could not be read. */
  readonly processes: readonly HostProcess[] | null;
  readonly scans: readonly ProjectScan[];
  /** Why the run folders could not be read, although the host answered. */
  readonly scanError: string | null;
}

export interface HostReading extends RunsReading {
  readonly sample: HostSample;
}

/** Everything that is read of one host. All calls throw HostError when it cannot be reached. */
export interface HostReader {
  /** Figures, processes and run folders in one round trip. The figures are told before run folders that take long are whole. */
  look(onSample?: (sample: HostSample) => void): Promise<HostReading>;
  /** Processes and run folders only: cheap enough to be asked at every sign of trouble. */
  lookAtRuns(): Promise<RunsReading>;
  /** The last bytes of these logs, by path; those that cannot be read are left out. */
  readTails(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Calls back soon after a followed log was written to, and after a watched process has ended. */
  follow(on: FollowerEvents): Follower;
  /** Takes over which nerfstudio runs of a project live now, on whatever host: their work dirs are on this disk. */
  adopt(project: string, runs: readonly { readonly workDir: string; readonly totalSteps: number }[]): void;
  /** Goes on reading the launcher's log of a project from here. */
  resumeLog(project: string, cursor: LogCursor): void;
  /** What it has learnt of the run folders, as plain JSON. */
  cache(): unknown;
  /** Goes on from an earlier `cache()`; what is damaged in it is read anew. */
  restore(cache: unknown): void;
  close(): Promise<void>;
}

/** What would otherwise have to be read again after a restart. */
export interface RunsCache {
  /** By host: what its reader keeps. */
  readonly readers: Readonly<Record<string, unknown>>;
  readonly runs: readonly Run[];
}

export interface FollowerEvents {
  /**
   * A log is first seen, and may have been written to since it was read; or it was written to, which is told
   * at once, and then at most once in FOLLOW_COALESCE_MS, as each call has its end read.
   */
  readonly changed: (path: string) => void;
  /** A process has ended; told once. */
  readonly ended: (pid: number) => void;
}

/** A trainer may write several lines a second. What matters of them is how they end, and then its process ends too. */
export const FOLLOW_COALESCE_MS = 5 * SECOND;

export interface Follower {
  /** The logs and the processes to watch from now on. */
  update(logs: readonly string[], pids?: readonly number[]): void;
  stop(): void;
}

/** Holds the state. `commit` resolves once the change is on disk; `read` shows it at once. */
export interface Store {
  read(): State;
  commit(change: (state: State) => State): Promise<void>;
}

/**
 * A receiver's place on a platform. A failed call throws DeliveryError; only the dispatcher retries.
 * A channel without `update` cannot edit; one without `reply` cannot thread.
 */
export interface Channel {
  readonly kind: string;
  /** `key` is the same for every attempt at the same message: the platform's idempotency key, or a deterministic Message-ID. */
  send(message: Message, key: string): Promise<Receipt>;
  /** Makes the message of the receipt say this instead; notifies nobody. */
  update?(receipt: Receipt, message: Message): Promise<Receipt>;
  /**
   * Makes what is under the message of the receipt say its details; notifies nobody. A step of its own, so
   * that a crash between the two repeats neither. A channel without it shows the details in the message.
   */
  detail?(receipt: Receipt, message: Message): Promise<Receipt>;
  /** Answers under the message of the receipt; notifies. */
  reply?(receipt: Receipt, message: Message, key: string): Promise<void>;
}

/** A platform on which people write back. */
export interface Conversation {
  start(handler: CommandHandler): Promise<void>;
  stop(): Promise<void>;
}

/** `text` is what stood behind `/pylon`. Never rejects: an error becomes a message. */
export type CommandHandler = (
  text: string,
  from: { readonly channel: string; readonly user: string },
) => Promise<Message>;

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
