import { posix } from 'node:path';
import type { TailReader } from './core/runs/build-run.ts';
import { findNerfstudioRuns } from './core/runs/formats/nerfstudio.ts';
import { ERROR_LOG } from './core/runs/formats/pylon.ts';
import { buildSnapshot, trainersOf } from './core/snapshot.ts';
import type { Host, HostProcess, HostState } from './domain/host.ts';
import type { LauncherReading, LogCursor } from './domain/launcher.ts';
import type { Clock, HostReader, Logger, Random, RunsCache, RunsReading } from './domain/ports.ts';
import { type Project, type ProjectScan, type Run, type RunFacts, runId } from './domain/run.ts';
import type { ProjectState, Snapshot } from './domain/snapshot.ts';
import { DAY, type Instant } from './domain/time.ts';
import { createHostWatch, type HostWatch } from './host-watch.ts';
import { groupBy } from './util/group-by.ts';

export interface Monitor {
  /** Goes on from an earlier `cache()`; before `start`. */
  restore(cache: RunsCache): void;
  /** Goes on reading the launcher's log of a project from here; before `start`. */
  resumeLog(project: string, cursor: LogCursor): void;
  cache(): RunsCache;
  start(): void;
  snapshot(): Snapshot;
  /** Looks at one host, or all, now. */
  probe(host: string | null): Promise<readonly HostState[]>;
  /** The end of the run's newest log; null where it cannot be read. */
  logTail(run: Run): Promise<string | null>;
  stop(): Promise<void>;
}

type Reading = NonNullable<ProjectState['reading']>;

interface Parts {
  readonly hosts: readonly Host[];
  readonly projects: readonly Project[];
  readonly reader: (host: Host, onProgress: (progress: Reading) => void) => HostReader;
  readonly tailReader: TailReader;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** How far a long first reading of a host's disk is; null: it is over. */
  readonly onProgress: (host: string, progress: Reading | null) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Snapshots of many hosts that answer at about the same time become one. */
const GATHER_MS = 500;

/** Puts what is read of every host together into snapshots, one after another. */
export function createMonitor(parts: Parts): Monitor {
  const { hosts, projects, tailReader, onSnapshot, clock } = parts;
  const scans = new Map<string, ProjectScan>();
  const scanErrors = new Map<string, string>();
  const readers = new Map<string, HostReader>();
  const watches = new Map<string, HostWatch>();
  /** By project: the host whose disk is read. */
  const diskOf = new Map(projects.map(({ name, readFrom }) => [name, readFrom]));
  /** Nerfstudio runs whose work dirs were looked for. */
  const nerfsAsked = new Set<string>();
  const launcher = new Map<string, LauncherReading>();
  const progress = new Map<string, Reading>();
  let snapshot: Snapshot = { at: clock.now(), hosts: [], projects: [], runs: [] };
  /** Those of the snapshot, and of projects that have not been read since the start. */
  let previous = new Map<string, Run>();
  const builtFrom = new WeakMap<Run, RunFacts>();
  const trainers = new WeakMap<readonly HostProcess[], readonly HostProcess[]>();
  /** Of the snapshot's hosts. */
  let processes: ReturnType<typeof trainersOf> = new Map();
  let cancelGathering: (() => void) | null = null;

  for (const host of hosts) {
    const reader = parts.reader(host, (reached) => {
      progress.set(host.name, reached);
      parts.onProgress(host.name, reached);
    });
    readers.set(host.name, reader);
    const watch = createHostWatch({
      ...parts,
      host,
      reader,
      isFatal: (tail) => tailReader.explain(tail) !== null,
      onFatal: lookAtWriters,
      onEnded: (pid) => lookAtDisk(host.name, pid),
      onReading: (reading, urgent) => take(host, reading, urgent),
      onState: gather,
    });
    watches.set(host.name, watch);
  }
  build();

  function take(host: Host, reading: RunsReading, urgent: boolean): void {
    if (progress.delete(host.name)) parts.onProgress(host.name, null);
    for (const scan of reading.scans) takeScan(scan);
    for (const { name, readFrom } of projects) {
      if (readFrom !== host.name) continue;
      if (reading.scanError === null) scanErrors.delete(name);
      else scanErrors.set(name, reading.scanError);
    }
    if (urgent) void publish();
    else gather();
  }

  /** The same scan may come again, where nothing newer is known. */
  function takeScan(scan: ProjectScan): void {
    if (scans.get(scan.project) === scan) return;
    scans.set(scan.project, scan);
    if (scan.launcher === null) return;
    const waiting = launcher.get(scan.project)?.events ?? [];
    launcher.set(scan.project, { ...scan.launcher, events: [...waiting, ...scan.launcher.events] });
  }

  /** The process that wrote a log may live on another host than the disk. */
  function lookAtWriters(logs: readonly string[]): void {
    for (const { process, newestLog } of snapshot.runs) {
      if (process === null || newestLog === null || !logsOf(newestLog.path).some((log) => logs.includes(log))) continue;
      watches.get(process.host)?.lookClosely();
    }
  }

  /** What it wrote may be on another host's disk. */
  function lookAtDisk(host: string, pid: number): void {
    for (const { process, project } of snapshot.runs) {
      if (process?.host !== host || process.pid !== pid) continue;
      const disk = diskOf.get(project) ?? host;
      if (disk !== host) watches.get(disk)?.lookClosely();
    }
  }

  function gather(): void {
    cancelGathering ??= clock.after(GATHER_MS, () => void publish());
  }

  /** Settles when what it made to be looked at again was looked at. */
  function publish(): Promise<unknown> {
    cancelGathering?.();
    cancelGathering = null;
    build();
    followActive();
    const unread = adoptNerfstudio();
    onSnapshot(snapshot);
    // What a project's launcher did is told with the project, not before.
    for (const { name, scanned } of snapshot.projects) if (scanned) launcher.delete(name);
    return Promise.all(unread.map((watch) => watch.look()));
  }

  /** Tells each disk which nerfstudio runs write to it. @returns those that know nothing of one yet */
  function adoptNerfstudio(): HostWatch[] {
    const unread = new Set<HostWatch>();
    for (const project of projects) {
      if (!project.formats.includes('nerfstudio')) continue;
      const live = [...findNerfstudioRuns(project, processes).values()];
      readers.get(project.readFrom)?.adopt(project.name, live);
      const watch = watches.get(project.readFrom);
      for (const { workDir } of live) {
        const id = runId(project.name, workDir);
        if (nerfsAsked.has(id)) continue;
        nerfsAsked.add(id);
        if (watch !== undefined && !snapshot.runs.some((run) => run.id === id)) unread.add(watch);
      }
    }
    return [...unread];
  }

  function build(): void {
    const states = [...watches.values()].map((watch) => watch.state());
    processes = trainersOf(states, trainers);
    snapshot = buildSnapshot(
      { hosts: states, projects, scans, scanErrors, launcher, reading: progress, previous, builtFrom, processes },
      tailReader,
      clock.now(),
    );
    const unread = [...previous.values()].filter(({ project }) => !scans.has(project));
    previous = new Map([...unread, ...snapshot.runs].map((run) => [run.id, run]));
  }

  function followActive(): void {
    const running = snapshot.runs.filter(({ status }) => status === 'running');
    const byDisk = groupBy(running, ({ project }) => diskOf.get(project) ?? '');
    const byHost = groupBy(
      snapshot.runs.filter(({ process }) => process !== null),
      ({ process }) => process?.host ?? '',
    );
    for (const [name, watch] of watches) {
      const logs = (byDisk.get(name) ?? []).flatMap(({ newestLog }) => (newestLog ? logsOf(newestLog.path) : []));
      watch.follow(
        logs,
        (byHost.get(name) ?? []).flatMap(({ process }) => process?.pid ?? []),
      );
    }
  }

  async function probe(host: string | null): Promise<readonly HostState[]> {
    const asked = [...watches].filter(([name]) => host === null || name === host).map(([, watch]) => watch);
    await Promise.all(asked.map((watch) => watch.look()));
    if (cancelGathering !== null) await publish();
    if (cancelGathering !== null) await publish();
    return asked.map((watch) => watch.state());
  }

  async function logTail({ project, newestLog }: Run): Promise<string | null> {
    if (newestLog === null) return null;
    try {
      return (await readers.get(diskOf.get(project) ?? '')?.readTails([newestLog.path]))?.get(newestLog.path) ?? null;
    } catch {
      return null;
    }
  }

  return {
    logTail,
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
    resumeLog(project, cursor) {
      readers.get(diskOf.get(project) ?? '')?.resumeLog(project, cursor);
    },
    snapshot: () => (progress.size === 0 ? snapshot : withProgress(snapshot, progress)),
    probe,
    async stop() {
      cancelGathering?.();
      await Promise.all([...watches.values()].map((watch) => watch.stop()));
    },
  };
}

function withProgress(snapshot: Snapshot, progress: ReadonlyMap<string, Reading>): Snapshot {
  const projects = snapshot.projects.map((project) => ({
    ...project,
    reading: progress.get(project.readFrom) ?? null,
  }));
  return { ...snapshot, projects };
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
