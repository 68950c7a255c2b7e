import type { Event } from '../../domain/event.ts';
import type { HostState } from '../../domain/host.ts';
import { isUnknown, type Run } from '../../domain/run.ts';
import type { ProjectState, Snapshot } from '../../domain/snapshot.ts';
import type { KnownHost, KnownProject, KnownRun } from '../../domain/state.ts';
import { DAY, type Instant } from '../../domain/time.ts';
import { groupBy } from '../../util/group-by.ts';
import { countRuns } from '../runs/fleet.ts';
import { hasStarted, isOldFind, isReopened, isRestart, isUnchanged, type Known, sessionOf } from './known.ts';

/**
 * What happened since `known`, in the order of the snapshot. What is known outlives the process, so
 * that after a restart only what changed meanwhile is an event. A project seen for the first time
 * gives one event for all of its runs.
 */
export function diff(known: Known, snapshot: Snapshot): Event[] {
  const byProject = runsByProject(snapshot.runs);
  return [
    ...snapshot.hosts.flatMap((host) => hostEvents(known.hosts[host.name], host, snapshot.at)),
    ...snapshot.projects
      .filter((project) => project.scanned)
      .flatMap((project) =>
        projectEvents(known.projects[project.name], project, byProject.get(project.name) ?? [], snapshot.at),
      ),
  ];
}

function runsByProject(runs: readonly Run[]): Map<string, Run[]> {
  return groupBy(runs, (run) => run.project);
}

function hostEvents(before: KnownHost | undefined, host: HostState, at: Instant): Event[] {
  if (before === undefined || host.reachable === null || before.reachable === host.reachable) return [];
  if (host.reachable) return [{ kind: 'host-back', at, host: host.name, awayMs: at - before.since }];
  return [{ kind: 'host-lost', at, host: host.name, error: host.error?.message ?? 'unknown' }];
}

/** What a launcher did before this, when its log is seen for the first time, is no news. */
const LAUNCHER_NEWS = DAY;

function launcherEvents(before: KnownProject | undefined, { launcher }: ProjectState, at: Instant): readonly Event[] {
  const events = launcher?.events ?? [];
  return before?.launcherLog ? events : events.filter((event) => event.at >= at - LAUNCHER_NEWS);
}

function projectEvents(before: KnownProject | undefined, project: ProjectState, runs: Run[], at: Instant): Event[] {
  const ofLauncher = launcherEvents(before, project, at);
  if (before === undefined) {
    return [{ kind: 'project-found', at, project: project.name, counts: { ...countRuns(runs) } }, ...ofLauncher];
  }
  const events: Event[] = [];
  let known = 0;
  for (const run of runs) {
    const was = before.runs[run.config];
    if (was !== undefined) known += 1;
    if (!isUnknown(run)) events.push(...runEvents(was, run, before, at));
  }
  if (known < Object.keys(before.runs).length) events.push(...removals(before, project, runs, at));
  return [...events, ...ofLauncher];
}

function removals(before: KnownProject, project: ProjectState, runs: readonly Run[], at: Instant): Event[] {
  const present = new Set(runs.map((run) => run.config));
  return Object.entries(before.runs).flatMap(([config, { goneAt }]): Event[] => {
    if (goneAt !== null || present.has(config)) return [];
    return [{ kind: 'run-removed', at, project: project.name, config, host: project.readFrom }];
  });
}

const NOTHING: readonly Event[] = [];

function runEvents(before: KnownRun | undefined, run: Run, project: KnownProject, at: Instant): readonly Event[] {
  if (before !== undefined && isUnchanged(run, before)) return NOTHING;
  const base = { at, project: run.project, config: run.config, host: run.host };
  const events: Event[] = [];
  if (before === undefined) events.push({ kind: 'run-added', ...base, status: run.status });
  if (isOldFind(run, before, project)) return events;

  const started = hasStarted(run) && !before?.started;
  const restarted = isRestart(run, before);
  if (started) events.push({ kind: 'run-started', ...base });
  if (restarted) events.push({ kind: 'run-restarted', ...base, session: sessionOf(run, before) });

  const from = before?.completedEpochs ?? 0;
  const { completedEpochs: to, totalEpochs: total } = run.progress;
  if (to > from && run.format === 'pylon') events.push({ kind: 'epochs-completed', ...base, from, to, total });

  if (run.status !== before?.status || started || restarted) events.push(...statusEvents(before, run, base, restarted));
  return events;
}

interface RunEventBase {
  readonly at: Instant;
  readonly project: string;
  readonly config: string;
  readonly host: string;
}

function statusEvents(before: KnownRun | undefined, run: Run, base: RunEventBase, restarted: boolean): Event[] {
  const completedEpochs = run.progress.completedEpochs;
  switch (run.status) {
    case 'finished':
      if (before?.finishedSession === sessionOf(run, before)) return [];
      return [
        {
          kind: 'run-finished',
          ...base,
          earlyStopped: run.progress.earlyStopped,
          completedEpochs,
          session: sessionOf(run, before),
        },
      ];
    case 'failed':
      if (!hasStarted(run) || isReopened(run, before)) return [];
      return [{ kind: 'run-failed', ...base, reason: run.reason, summary: failureSummary(run), completedEpochs }];
    case 'stuck':
      return [{ kind: 'run-stuck', ...base, silentSince: run.lastUpdate }];
    case 'outdated':
      return [{ kind: 'run-outdated', ...base }];
    case 'running': {
      const wasBad = before?.status === 'failed' || before?.status === 'stuck';
      return wasBad && before.started && !restarted ? [{ kind: 'run-recovered', ...base }] : [];
    }
  }
}

/** Why a run failed, in one line. */
export function failureSummary(run: Run): string {
  if (run.verdict !== null) return run.verdict.summary;
  if (run.problem !== null) return run.problem;
  return 'stopped before its epochs were complete';
}
