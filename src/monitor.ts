import { posix } from 'node:path';
import { ERROR_LOG } from './core/runs/formats/pylon.ts';
import { buildSnapshot } from './core/snapshot.ts';
import type { Host, HostState } from './domain/host.ts';
import type { Clock, HostReader, Logger, Random, RunsCache, RunsReading } from './domain/ports.ts';
import type { Project, ProjectScan, Run, Verdict } from './domain/run.ts';
import type { Snapshot } from './domain/snapshot.ts';
import { DAY, type Instant } from './domain/time.ts';
import { createHostWatch, type HostWatch } from './host-watch.ts';

export interface Monitor {
  /** Goes on from an earlier `cache()`; before `start`. */
  restore(cache: RunsCache): void;
  cache(): RunsCache;
  start(): void;
  snapshot(): Snapshot;
  /** Looks at one host, or all, now. */
  probe(host: string | null): Promise<readonly HostState[]>;
  stop(): Promise<void>;
}

interface Parts {
  readonly hosts: readonly Host[];
  readonly projects: readonly Project[];
  readonly reader: (host: Host) => HostReader;
  /** Why a run died, from the end of its log. */
  readonly explain: (logTail: string) => Verdict | null;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Snapshots of many hosts that answer at about the same time become one. */
const GATHER_MS = 100;

/** Puts what is read of every host together into snapshots, one after another. */
export function createMonitor(parts: Parts): Monitor {
  const { hosts, projects, explain, onSnapshot, clock } = parts;
  const scans = new Map<string, ProjectScan>();
  const scanErrors = new Map<string, string>();
  const readers = new Map<string, HostReader>();
  const watches = new Map<string, HostWatch>();
  let snapshot: Snapshot = { at: clock.now(), hosts: [], projects: [], runs: [] };
  /** Those of the snapshot, and of projects that have not been read since the start. */
  let previous = new Map<string, Run>();
  let cancelGathering: (() => void) | null = null;

  for (const host of hosts) {
    const reader = parts.reader(host);
    readers.set(host.name, reader);
    const watch = createHostWatch({
      ...parts,
      host,
      reader,
      isFatal: (tail) => explain(tail) !== null,
      onFatal: lookAtWriters,
      onReading: (reading, urgent) => take(host, reading, urgent),
      onState: gather,
    });
    watches.set(host.name, watch);
  }
  build();

  function take(host: Host, reading: RunsReading, urgent: boolean): void {
    for (const scan of reading.scans) scans.set(scan.project, scan);
    for (const { name, readFrom } of projects) {
      if (readFrom !== host.name) continue;
      if (reading.scanError === null) scanErrors.delete(name);
      else scanErrors.set(name, reading.scanError);
    }
    if (urgent) publish();
    else gather();
  }

  /** The process that wrote a log may live on another host than the disk. */
  function lookAtWriters(logs: readonly string[]): void {
    for (const { process, newestLog } of snapshot.runs) {
      if (process === null || newestLog === null || !logsOf(newestLog.path).some((log) => logs.includes(log))) continue;
      watches.get(process.host)?.lookClosely();
    }
  }

  function gather(): void {
    cancelGathering ??= clock.after(GATHER_MS, publish);
  }

  function publish(): void {
    cancelGathering?.();
    cancelGathering = null;
    build();
    followActive();
    onSnapshot(snapshot);
  }

  function build(): void {
    const states = [...watches.values()].map((watch) => watch.state());
    snapshot = buildSnapshot({ hosts: states, projects, scans, scanErrors, previous }, explain, clock.now());
    const unread = [...previous.values()].filter(({ project }) => !scans.has(project));
    previous = new Map([...unread, ...snapshot.runs].map((run) => [run.id, run]));
  }

  function followActive(): void {
    const readFrom = new Map(projects.map((project) => [project.name, project.readFrom]));
    const logs = new Map<string, string[]>();
    for (const run of snapshot.runs) {
      const host = readFrom.get(run.project);
      if (run.status !== 'running' || run.newestLog === null || host === undefined) continue;
      const paths = logs.get(host) ?? [];
      paths.push(...logsOf(run.newestLog.path));
      logs.set(host, paths);
    }
    for (const [name, watch] of watches) watch.follow(logs.get(name) ?? []);
  }

  async function probe(host: string | null): Promise<readonly HostState[]> {
    const asked = [...watches].filter(([name]) => host === null || name === host).map(([, watch]) => watch);
    await Promise.all(asked.map((watch) => watch.look()));
    if (cancelGathering !== null) publish();
    return asked.map((watch) => watch.state());
  }

  return {
    restore({ readers: caches, runs }) {
      for (const [name, reader] of readers) reader.restore(caches[name]);
      const names = new Set(projects.map(({ name }) => name));
      previous = new Map(runs.filter(({ project }) => names.has(project)).map((run) => [run.id, run]));
    },
    cache: () => ({
      readers: Object.fromEntries([...readers].map(([name, reader]) => [name, reader.cache()])),
      runs: [...previous.values()].filter((run) => isWorthKeeping(run, clock.now())),
    }),
    start() {
      for (const watch of watches.values()) watch.start();
    },
    snapshot: () => snapshot,
    probe,
    async stop() {
      cancelGathering?.();
      await Promise.all([...watches.values()].map((watch) => watch.stop()));
    },
  };
}

/** Where a run may write why it died. */
function logsOf(newestLog: string): string[] {
  return [newestLog, posix.join(posix.dirname(newestLog), ERROR_LOG)];
}

/** Everything about other runs is on the disk. */
function isWorthKeeping(run: Run, now: Instant): boolean {
  const young = run.lastUpdate !== null && now - run.lastUpdate < DAY;
  return young || run.status === 'running' || run.status === 'stuck' || run.verdict !== null;
}
