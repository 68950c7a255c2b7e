import type { Host, HostSample, HostState } from './domain/host.ts';
import { HostError } from './domain/host.ts';
import type { Clock, Follower, HostReader, HostReading, Logger, Random, RunsReading } from './domain/ports.ts';
import { type Instant, SECOND } from './domain/time.ts';

/** Between looks that a sign of trouble asks for, in ms: most processes die at once. The last one holds on. */
const TROUBLE_WAITS = [200, 400, 800, SECOND];

/** For how long after a fatal line its process is waited for: dying takes PyTorch some seconds. */
const TROUBLE_LASTS = 30 * SECOND;

/** The spread of the first probes and of each interval, so that not all hosts are asked at once. */
const JITTER = 0.1;

export interface HostWatch {
  start(): void;
  /** A look at everything now; several callers share one. Settles when the state is up to date, and never rejects. */
  look(): Promise<void>;
  state(): HostState;
  /** Looks at its runs now and again and again for a while: one of its processes may be dying. */
  lookClosely(): void;
  /** The logs of active runs on this host's disk, and the processes of runs that live here. */
  follow(logs: readonly string[], pids: readonly number[]): void;
  stop(): Promise<void>;
}

interface Parts {
  readonly host: Host;
  readonly reader: HostReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Whether the end of a log shows a fatal error. */
  readonly isFatal: (logTail: string) => boolean;
  /** These logs end in a fatal error. */
  readonly onFatal: (logs: readonly string[]) => void;
  /** This process has ended. */
  readonly onEnded: (pid: number) => void;
  /** `urgent`: a log shows a fatal error. */
  readonly onReading: (reading: RunsReading, urgent: boolean) => void;
  /** The host's reachability or figures changed. */
  readonly onState: () => void;
}

/**
 * Watches one host: a look at everything at its own rhythm, and a quick look at its runs whenever the
 * log of an active run ends in a fatal error. At most one look is under way, so that a slow host costs
 * nothing but its own freshness.
 */
export function createHostWatch(parts: Parts): HostWatch {
  const { host, reader, clock, random, logger, isFatal, onFatal, onEnded, onReading, onState } = parts;
  let state: HostState = { name: host.name, reachable: null, error: null, since: clock.now(), sample: null };
  let looking: Promise<void> | null = null;
  let follower: Follower | null = null;
  let cancelNext: () => void = () => undefined;
  let cancelTrouble: () => void = () => undefined;
  let stopped = false;
  const changedLogs = new Set<string>();
  let reading: Promise<void> | null = null;
  let troubleUntil: Instant = 0;

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = null;
    });
    return looking;
  }

  async function lookOnce(): Promise<void> {
    try {
      let told = false;
      const seen = await reader.look((sample) => {
        told = true;
        reached(sample);
      });
      if (!told) reached(seen.sample);
      if (!stopped) tookRuns(seen);
    } catch (error) {
      if (!stopped) lost(error);
    }
  }

  /** The figures are here; the run folders of a large disk may take much longer. */
  function reached(sample: HostSample): void {
    if (stopped) return;
    if (state.reachable !== true) logger.info({ host: host.name }, 'host reachable');
    const since = state.reachable === true ? state.since : clock.now();
    // A round trip that took too long says nothing of the clock; the last one that did still holds.
    const clockSkewS = sample.clockSkewS ?? state.sample?.clockSkewS ?? null;
    state = { name: host.name, reachable: true, error: null, since, sample: { ...sample, clockSkewS } };
    onState();
    readSoon();
  }

  function tookRuns(seen: HostReading): void {
    if (seen.scanError !== null) logger.warn({ host: host.name, reason: seen.scanError }, 'run folders not read');
    onReading(seen, false);
  }

  function lost(error: unknown): void {
    const known = asHostError(error);
    if (state.reachable !== false) {
      logger.warn({ host: host.name, kind: known.kind, reason: known.message }, 'host not reachable');
    }
    const since = state.reachable === false ? state.since : clock.now();
    state = { ...state, reachable: false, error: { kind: known.kind, message: known.message }, since };
    onState();
  }

  function scheduleNext(waitMs: number): void {
    cancelNext = clock.after(waitMs, () => {
      void look().finally(() => {
        if (!stopped) scheduleNext(host.probeIntervalMs * (1 - JITTER + 2 * JITTER * random()));
      });
    });
  }

  function logChanged(path: string): void {
    changedLogs.add(path);
    readSoon();
  }

  function readSoon(): void {
    if (stopped || changedLogs.size === 0) return;
    reading ??= readChanged().finally(() => {
      reading = null;
    });
  }

  async function readChanged(): Promise<void> {
    while (changedLogs.size > 0 && !stopped) {
      const paths = [...changedLogs];
      changedLogs.clear();
      try {
        const tails = await reader.readTails(paths);
        const fatal = [...tails].flatMap(([path, tail]) => (isFatal(tail) ? [path] : []));
        if (fatal.length > 0) {
          lookClosely();
          onFatal(fatal);
        }
      } catch (error) {
        logger.debug({ host: host.name, reason: asHostError(error).message }, 'log not read');
        // Read once the host answers again: what followed them has told its change.
        for (const path of paths) changedLogs.add(path);
        return;
      }
    }
  }

  function processEnded(pid: number): void {
    lookClosely();
    onEnded(pid);
  }

  function lookClosely(): void {
    if (stopped) return;
    const idle = troubleUntil <= clock.now();
    troubleUntil = clock.now() + TROUBLE_LASTS;
    if (idle) void quickLook(0);
  }

  /** `turn`: how many came before since the trouble began. */
  async function quickLook(turn: number): Promise<void> {
    try {
      const seen = await reader.lookAtRuns();
      if (stopped) return;
      if (state.sample !== null && seen.processes !== null) {
        state = { ...state, sample: { ...state.sample, processes: seen.processes } };
      }
      onReading(seen, true);
    } catch (error) {
      logger.debug({ host: host.name, reason: asHostError(error).message }, 'runs not read');
    }
    if (stopped || clock.now() >= troubleUntil) return;
    const wait = TROUBLE_WAITS[turn] ?? SECOND;
    cancelTrouble = clock.after(wait, () => void quickLook(turn + 1));
  }

  return {
    start() {
      scheduleNext(Math.min(SECOND, host.probeIntervalMs) * JITTER * random());
    },
    look,
    lookClosely,
    state: () => state,
    follow(logs, pids) {
      if (stopped || (logs.length === 0 && pids.length === 0 && follower === null)) return;
      follower ??= reader.follow({ changed: logChanged, ended: processEnded });
      follower.update(logs, pids);
    },
    async stop() {
      stopped = true;
      cancelNext();
      cancelTrouble();
      follower?.stop();
      await reader.close();
      await Promise.allSettled([looking, reading]);
    },
  };
}

function asHostError(error: unknown): HostError {
  if (!(error instanceof HostError)) {
    return new HostError('failed', error instanceof Error ? error.message : String(error));
  }
  // While the breaker is open, what matters is why; when it is tried next changes all the time.
  return error.kind === 'paused' && error.cause instanceof HostError ? error.cause : error;
}
