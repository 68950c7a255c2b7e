import type { HostProcess, HostState } from '../domain/host.ts';
import { type Project, type ProjectScan, type Run, runId, type Verdict } from '../domain/run.ts';
import type { ProjectState, Snapshot } from '../domain/snapshot.ts';
import type { Instant } from '../domain/time.ts';
import { buildRun } from './runs/build-run.ts';
import { findRunProcesses } from './runs/command.ts';

export interface Seen {
  readonly hosts: readonly HostState[];
  readonly projects: readonly Project[];
  /** The last good scan of each project, by name. */
  readonly scans: ReadonlyMap<string, ProjectScan>;
  /** By project: why its run folders could not be read the last time. */
  readonly scanErrors: ReadonlyMap<string, string>;
  /** The runs of the snapshot before, by id. */
  readonly previous: ReadonlyMap<string, Run>;
}

/** One immutable picture of all hosts and runs, from what was read last. */
export function buildSnapshot(seen: Seen, explain: (logTail: string) => Verdict | null, now: Instant): Snapshot {
  const processes = new Map<string, readonly HostProcess[]>();
  for (const { name, reachable, sample } of seen.hosts) {
    if (reachable === true && sample?.processes != null) processes.set(name, sample.processes);
  }
  const probed = new Set(seen.hosts.filter(({ reachable }) => reachable !== null).map(({ name }) => name));
  const states: ProjectState[] = [];
  const runs: Run[] = [];
  for (const project of seen.projects) {
    const scan = seen.scans.get(project.name);
    const error = seen.scanErrors.get(project.name);
    const host = seen.hosts.find(({ name }) => name === project.readFrom);
    const stale = host?.reachable === false || scan?.absent === true || error !== undefined;
    states.push({
      name: project.name,
      root: project.root,
      readFrom: project.readFrom,
      scanned: scan !== undefined && project.runsOn.every((name) => probed.has(name)),
      stale,
      problems: [...(scan?.problems ?? []), ...(error === undefined ? [] : [error])],
    });
    if (scan !== undefined) runs.push(...projectRuns(project, scan, host, processes, { seen, stale, explain, now }));
  }
  return { at: now, hosts: seen.hosts, projects: states, runs };
}

function projectRuns(
  project: Project,
  scan: ProjectScan,
  readFrom: HostState | undefined,
  processes: ReadonlyMap<string, readonly HostProcess[]>,
  {
    seen,
    stale,
    explain,
    now,
  }: { seen: Seen; stale: boolean; explain: (logTail: string) => Verdict | null; now: Instant },
): Run[] {
  const unseenHosts = new Set(project.runsOn.filter((host) => !processes.has(host)));
  const configs = new Set(scan.runs.map((facts) => facts.config));
  const found = findRunProcesses(project, configs, processes);
  return scan.runs.map((facts) => {
    const previous = seen.previous.get(runId(facts.project, facts.config)) ?? null;
    const run = buildRun(facts, {
      project,
      now,
      clockSkewMs: (readFrom?.sample?.clockSkewS ?? 0) * 1000,
      process: found.get(facts.config) ?? null,
      unseenHosts,
      previous,
      explain,
    });
    return stale || isGuess(run, previous, unseenHosts) ? frozen(run, previous) : run;
  });
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
