import { StringDecoder } from 'node:string_decoder';
import {
  type Clock,
  type Connector,
  FOLLOW_COALESCE_MS,
  type Follower,
  type FollowerEvents,
  type Random,
  type RemoteStream,
} from '../../domain/ports.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import { backoffDelay } from '../../util/backoff.ts';
import { ALIVE, parseEndedLine, parseStampLine, STAMP_PROGRAM } from './stamp-program.ts';
import { createThrottle } from './throttle.ts';

const BACKOFF = { firstMs: SECOND, maxMs: 60 * SECOND };
/** Other logs to follow take effect at most this often. */
const RESTART_MS = SECOND;
/** Three and a half heartbeats. */
const SILENCE_MS = 35 * SECOND;
/** More than the longest path. */
const MAX_LINE = 65_536;

export interface RemoteFollowerOptions {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly on: FollowerEvents;
  /** Other than FOLLOW_COALESCE_MS. */
  readonly coalesceMs?: number;
  /** Why following was interrupted. It is taken up again by itself. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Watches files and processes of a host over one stream, a fifth of a second behind. The stream begins anew for other
 * files and after an interruption; what changed between two streams is told by the second.
 */
export function createRemoteFollower({
  connector,
  clock,
  random,
  on,
  coalesceMs = FOLLOW_COALESCE_MS,
  onProblem,
}: RemoteFollowerOptions): Follower {
  let current: ReadonlySet<string> = new Set();
  let processes: ReadonlySet<number> = new Set();
  /** Those whose end was told. */
  let ended: ReadonlySet<number> = new Set();
  /** As each was last seen. */
  const stamps = new Map<string, string>();
  let failures = 0;
  /** Whether a disk seems to hang: the program then leaves out what does not answer. */
  let careful = false;
  let begunAt: Instant | null = null;
  let endStream: () => void = () => {};
  let cancelBegin: (() => void) | null = null;
  const throttle = createThrottle(clock, coalesceMs, (path) => {
    if (current.has(path)) on.changed(path);
  });

  function begin(): void {
    cancelBegin = null;
    begunAt = clock.now();
    endStream();
    let live = true;
    let stream: RemoteStream | null = null;
    let cancelSilence: () => void = () => {};
    endStream = () => {
      live = false;
      cancelSilence();
      stream?.stop();
    };

    function fail(reason: string): void {
      if (!live) return;
      endStream();
      failures += 1;
      onProblem(reason);
      beginIn(backoffDelay(failures, BACKOFF, random));
    }
    function expectSign(): void {
      cancelSilence();
      cancelSilence = clock.after(SILENCE_MS, () => {
        careful = true;
        fail('nothing was heard from the host');
      });
    }
    const lines = lineReader(takeLine);
    function takeData(chunk: Buffer): void {
      if (!live) return;
      expectSign();
      lines(chunk);
    }

    expectSign();
    connector.stream(STAMP_PROGRAM, programInput(), takeData).then(
      (started) => {
        stream = started;
        if (!live) started.stop();
        void started.ended.then(fail);
      },
      (error) => fail(error instanceof Error ? error.message : String(error)),
    );
  }

  function programInput(): Record<string, string> {
    const known = [...current].flatMap((path) => {
      const stamp = stamps.get(path);
      return stamp === undefined ? [] : [`${stamp} ${path}`];
    });
    return {
      follow_paths: [...current].join('\n'),
      follow_known: known.join('\n'),
      follow_pids: [...processes].filter((pid) => !ended.has(pid)).join('\n'),
      follow_careful: careful ? 'yes' : '',
    };
  }

  function takeLine(line: string): void {
    if (line === ALIVE) failures = 0;
    const pid = parseEndedLine(line);
    if (pid !== null && processes.has(pid) && !ended.has(pid)) {
      ended = new Set([...ended, pid]);
      on.ended(pid);
    }
    const seen = parseStampLine(line);
    if (seen === null || !current.has(seen.path) || stamps.get(seen.path) === seen.stamp) return;
    const isNew = !stamps.has(seen.path);
    stamps.set(seen.path, seen.stamp);
    if (isNew) on.changed(seen.path);
    else throttle.call(seen.path);
  }

  function beginIn(ms: number): void {
    cancelBegin?.();
    if (ms <= 0) begin();
    else cancelBegin = clock.after(ms, begin);
  }

  function halt(): void {
    cancelBegin?.();
    cancelBegin = null;
    endStream();
  }

  return {
    update(logs, pids = []) {
      const wanted = new Set(logs.filter((path) => !path.includes('\n')));
      const watched = new Set(pids);
      if (sameSet(wanted, current) && sameSet(watched, processes)) return;
      current = wanted;
      processes = watched;
      ended = new Set([...ended].filter((pid) => watched.has(pid)));
      for (const path of stamps.keys()) if (!wanted.has(path)) stamps.delete(path);
      if (wanted.size === 0 && watched.size === 0) return halt();
      // One that waits its turn already begins with the new set.
      if (cancelBegin !== null) return;
      const left = begunAt === null ? 0 : begunAt + RESTART_MS - clock.now();
      beginIn(Math.min(RESTART_MS, left));
    },
    stop() {
      current = new Set();
      processes = new Set();
      throttle.stop();
      halt();
    },
  };
}

function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = (parts.pop() ?? '').slice(-MAX_LINE);
    for (const line of parts) onLine(line);
  };
}
