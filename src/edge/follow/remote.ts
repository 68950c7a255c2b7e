import { StringDecoder } from 'node:string_decoder';
import type { Clock, Connector, Follower, Random, RemoteStream } from '../../domain/ports.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import { backoffDelay } from '../../util/backoff.ts';
import { ALIVE, parseStampLine, STAMP_PROGRAM } from './stamp-program.ts';
import { createThrottle } from './throttle.ts';

const BACKOFF = { firstMs: SECOND, maxMs: 60 * SECOND };
/** Other logs to follow take effect at most this often. */
const RESTART_MS = SECOND;
/** Each call has the log's end read anew, which costs the host more than following it. */
const COALESCE_MS = SECOND;
/** Three and a half heartbeats. */
const SILENCE_MS = 35 * SECOND;
/** More than the longest path. */
const MAX_LINE = 65_536;

export interface RemoteFollowerOptions {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Called with the path when it is first seen, as it may have been written to since it was read, and
   * after each change at once, but at most once in a second for each.
   */
  readonly onChange: (path: string) => void;
  /** Why following was interrupted. It is taken up again by itself. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Follows files of a host over one stream, a fifth of a second behind. The stream begins anew for other
 * files and after an interruption; what changed between two streams is told by the second.
 */
export function createRemoteFollower({
  connector,
  clock,
  random,
  onChange,
  onProblem,
}: RemoteFollowerOptions): Follower {
  let current: ReadonlySet<string> = new Set();
  /** As each was last seen. */
  const stamps = new Map<string, string>();
  let failures = 0;
  /** Whether a disk seems to hang: the program then leaves out what does not answer. */
  let careful = false;
  let begunAt: Instant | null = null;
  let endStream: () => void = () => {};
  let cancelBegin: (() => void) | null = null;
  const throttle = createThrottle(clock, COALESCE_MS, (path) => {
    if (current.has(path)) onChange(path);
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
      follow_careful: careful ? 'yes' : '',
    };
  }

  function takeLine(line: string): void {
    if (line === ALIVE) failures = 0;
    const seen = parseStampLine(line);
    if (seen === null || !current.has(seen.path) || stamps.get(seen.path) === seen.stamp) return;
    stamps.set(seen.path, seen.stamp);
    throttle.call(seen.path);
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
    update(paths) {
      const wanted = new Set(paths.filter((path) => !path.includes('\n')));
      if (sameSet(wanted, current)) return;
      current = wanted;
      for (const path of stamps.keys()) if (!wanted.has(path)) stamps.delete(path);
      if (wanted.size === 0) return halt();
      // One that waits its turn already begins with the new set.
      if (cancelBegin !== null) return;
      const left = begunAt === null ? 0 : begunAt + RESTART_MS - clock.now();
      beginIn(Math.min(RESTART_MS, left));
    },
    stop() {
      current = new Set();
      throttle.stop();
      halt();
    },
  };
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
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
