import type { HostProcess, HostState } from '../domain/host.ts';
import type { LauncherReading } from '../domain/launcher.ts';
import { type Project, type ProjectScan, type Run, type RunFacts, runId } from '../domain/run.ts';
import type { ProjectState, Snapshot } from '../domain/snapshot.ts';
import type { Instant } from '../domain/time.ts';
import { buildRun, type TailReader } from './runs/build-run.ts';
import { CONFIG_FLAG, findRunProcesses, type HostProcesses } from './runs/command.ts';
import { findNerfstudioRuns, NERFSTUDIO_PROGRAM } from './runs/formats/nerfstudio.ts';
import { outdatedBefore } from './runs/status.ts';

export interface Seen {
  readonly hosts: readonly HostState[];
  readonly projects: readonly Project[];
  /** The last good scan of each project, by name. */
  readonly scans: ReadonlyMap<string, ProjectScan>;
  /** By project: why its run folders could not be read the last time. */
  readonly scanErrors: ReadonlyMap<string, string>;
  /** By project: what its launcher wrote since the snapshot before. */
  readonly launcher: ReadonlyMap<string, LauncherReading>;
  /** By host: how far the first reading of its disk is. */
  readonly reading: ReadonlyMap<string, { readonly done: number; readonly total: number }>;
  /** The runs of the snapshot before, by id. */
  readonly previous: ReadonlyMap<string, Run>;
  /** What each run was built from; filled here, so that runs that are over are not built again and again. */
  readonly builtFrom: WeakMap<Run, RunFacts>;
  /** By host: the processes that may be of runs, from `trainersOf`. */
  readonly processes: ReadonlyMap<string, HostProcesses>;
}

/** One immutable picture of all hosts and runs, from what was read last. */
export function buildSnapshot(seen: Seen, reader: TailReader, now: Instant): Snapshot {
  const probed = new Set(seen.hosts.filter(({ reachable }) => reachable !== null).map(({ name }) => name));
  const states: ProjectState[] = [];
  const runs: Run[] = [];
  for (const project of seen.projects) {
    const scan = seen.scans.get(project.name);
    const error = seen.scanErrors.get(project.name);
    const host = seen.hosts.find(({ name }) => name === project.readFrom);
    const stale = host?.reachable === false || scan?.absent === true || error !== undefined;
    const clockSkewMs = Math.round((host?.sample?.clockSkewS ?? 0) * 1000);
    states.push({
      name: project.name,
      root: project.root,
      readFrom: project.readFrom,
      scanned: scan !== undefined && project.runsOn.every((name) => probed.has(name)),
      stale,
      problems: [...(scan?.problems ?? []), ...(error === undefined ? [] : [error])],
      reading: seen.reading.get(project.readFrom) ?? null,
      launcher: inOurClock(seen.launcher.get(project.name) ?? null, clockSkewMs),
    });
    if (scan !== undefined) runs.push(...projectRuns(project, scan, host, { seen, stale, reader, now }));
  }
  return { at: now, hosts: seen.hosts, projects: states, runs };
}

/** The launcher's own times are those of the host that was read. */
function inOurClock(reading: LauncherReading | null, clockSkewMs: number): LauncherReading | null {
  if (reading === null || clockSkewMs === 0) return reading;
  return { ...reading, events: reading.events.map((event) => ({ ...event, at: event.at - clockSkewMs })) };
}

/** By host, of those that can be asked now: the few processes that may be of runs. `known`: what was picked of each table before. */
export function trainersOf(
  hosts: readonly HostState[],
  known: WeakMap<readonly HostProcess[], readonly HostProcess[]>,
): Map<string, HostProcesses> {
  const trainers = new Map<string, HostProcesses>();
  for (const { name, reachable, sample } of hosts) {
    if (reachable !== true || sample?.processes == null) continue;
    const picked = known.get(sample.processes) ?? sample.processes.filter(mayBeTrainer);
    known.set(sample.processes, picked);
    trainers.set(name, { processes: picked, roots: sample.roots });
  }
  return trainers;
}

function mayBeTrainer({ args, state }: HostProcess): boolean {
  return state !== 'Z' && (args.includes(CONFIG_FLAG) || args.includes(NERFSTUDIO_PROGRAM));
}

function projectRuns(
  project: Project,
  scan: ProjectScan,
  readFrom: HostState | undefined,
  { seen, stale, reader, now }: { seen: Seen; stale: boolean; reader: TailReader; now: Instant },
): Run[] {
  const { processes } = seen;
  const unseenHosts = new Set(project.runsOn.filter((host) => !processes.has(host)));
  const configs = new Set(scan.runs.map((facts) => facts.config));
  const found = findRunProcesses(project, configs, processes);
  const nerfs = project.formats.includes('nerfstudio') ? findNerfstudioRuns(project, processes) : new Map();
  return scan.runs.map((facts) => {
    const previous = seen.previous.get(runId(facts.project, facts.config)) ?? null;
    const process = found.get(facts.config) ?? nerfs.get(facts.config)?.process ?? null;
    const isSame = previous !== null && process === null && seen.builtFrom.get(previous) === facts;
    if (isSame && !stale && isOver(previous, project, now)) return previous;
    const run = buildRun(facts, {
      project,
      now,
      clockSkewMs: (readFrom?.sample?.clockSkewS ?? 0) * 1000,
      process,
      unseenHosts,
      previous,
      reader,
    });
    if (stale || isGuess(run, previous, unseenHosts)) return frozen(run, previous);
    seen.builtFrom.set(run, facts);
    return run;
  });
}

/** Nothing but new facts or a process can make it another run; time only makes a finished one outdated. */
function isOver({ status, reason, process, lastUpdate }: Run, project: Project, now: Instant): boolean {
  if (process !== null || reason === 'unreadable') return false;
  if (status === 'failed' || status === 'outdated') return true;
  return status === 'finished' && (lastUpdate ?? now) >= outdatedBefore(project.outdated, now);
}

/**
 * Silence means little while the host that the process lives on cannot be asked; nor, as long as
 * nothing is known of a process, while any host cannot be asked that it may live on.
 */
function isGuess(run: Run, previous: Run | null, unseenHosts: ReadonlySet<string>): boolean {
  if (run.status === 'stuck') return run.process !== null && unseenHosts.has(run.process.host);
  if (run.reason !== 'stopped-writing' || unseenHosts.size === 0) return false;
  return previous === null || (previous.process === null && previous.reason === 'host-unreachable');
}

/** As it was last known. */
function frozen(run: Run, previous: Run | null): Run {
  return { ...(previous ?? run), reason: 'host-unreachable' };
}
