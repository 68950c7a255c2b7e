import { isUnknown, type Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { KnownHost, KnownProject, KnownRun, State } from '../../domain/state.ts';
import { DAY, type Instant, MINUTE } from '../../domain/time.ts';
import { groupBy } from '../../util/group-by.ts';
import { keepSame } from '../../util/keep-same.ts';

export type Known = Pick<State, 'projects' | 'hosts'>;

/** A config that comes back within this time was never away: a checkout, a slow disk. Its alerts wait for it. */
const GONE_GRACE = 10 * MINUTE;

/** After this a config that comes back is a new one. */
const GONE_KEPT = 7 * DAY;

/** What to remember after the snapshot. Projects and hosts that could not be read stay as they were; what has not changed is the same object. */
export function remember(known: Known, snapshot: Snapshot): Known {
  const projects: Record<string, KnownProject> = { ...known.projects };
  const byProject = groupBy(snapshot.runs, (run) => run.project);
  for (const project of snapshot.projects) {
    if (!project.scanned) continue;
    const before = known.projects[project.name];
    const { firstSeenAt, runs } = knownProject(before, byProject.get(project.name) ?? [], snapshot.at);
    const cursor = project.launcher?.cursor ?? null;
    const launcherLog = cursor === null ? (before?.launcherLog ?? null) : keepSame(before?.launcherLog, cursor);
    projects[project.name] = keepSame(before, { firstSeenAt, runs, launcherLog });
  }
  const hosts: Record<string, KnownHost> = { ...known.hosts };
  for (const host of snapshot.hosts) {
    if (host.reachable === null) continue;
    hosts[host.name] = keepSame(known.hosts[host.name], { reachable: host.reachable, since: host.since });
  }
  return { projects: keepSame(known.projects, projects), hosts: keepSame(known.hosts, hosts) };
}

function knownProject(
  before: KnownProject | undefined,
  seen: readonly Run[],
  at: Instant,
): Pick<KnownProject, 'firstSeenAt' | 'runs'> {
  if (before !== undefined && isAllUnchanged(before, seen)) return before;
  const runs: Record<string, KnownRun> = {};
  for (const run of seen) {
    const known = before?.runs[run.config];
    // What has never been read is not known.
    if (run.reason === 'unreadable' && known === undefined) continue;
    runs[run.config] = keepSame(known, knownRun(run, known, before, at));
  }
  for (const [config, run] of Object.entries(before?.runs ?? {})) {
    const goneAt = run.goneAt ?? at;
    if (runs[config] === undefined && at - goneAt < GONE_KEPT) runs[config] = keepSame(run, { ...run, goneAt });
  }
  return { firstSeenAt: before?.firstSeenAt ?? at, runs: keepSame(before?.runs, runs) };
}

/** As nearly always: every run is as it was, and none came or went. Much cheaper than making the record anew. */
function isAllUnchanged({ runs }: KnownProject, seen: readonly Run[]): boolean {
  return (
    seen.every((run) => {
      const known = runs[run.config];
      return known !== undefined && isUnchanged(run, known);
    }) && Object.keys(runs).length === seen.length
  );
}

/** Nothing has happened to it since, and nothing else is to be remembered of it. */
export function isUnchanged(run: Run, known: KnownRun): boolean {
  return (
    known.goneAt === null &&
    known.status === run.status &&
    known.completedEpochs === run.progress.completedEpochs &&
    known.logs === run.sessions &&
    known.started === hasStarted(run) &&
    !isUnknown(run)
  );
}

function knownRun(run: Run, before: KnownRun | undefined, project: KnownProject | undefined, at: Instant): KnownRun {
  if (isUnknown(run) && before !== undefined) return { ...before, goneAt: null };
  const session = sessionOf(run, before);
  return {
    status: run.status,
    started: hasStarted(run),
    completedEpochs: run.progress.completedEpochs,
    logs: run.sessions,
    session,
    finishedSession: run.status === 'finished' ? session : (before?.finishedSession ?? null),
    quiet: (run.status === 'failed' || run.status === 'stuck') && isOldNews(run, before, project, at),
    goneAt: null,
  };
}

export function hasStarted(run: Run): boolean {
  return run.reason !== 'never-started';
}

/** Whether it has begun anew since. */
export function isRestart(run: Run, before: KnownRun | undefined): boolean {
  return before?.started === true && startsSince(run, before) > 0;
}

/** Which start of the run this is, counted over the pruning of logs and the removal of its work dir. */
export function sessionOf(run: Run, before: KnownRun | undefined): number {
  return before === undefined ? run.sessions : before.session + startsSince(run, before);
}

/** Fewer logs than before mean that somebody has pruned them; a run that was over and trains what it had has begun anew. */
function startsSince(run: Run, before: KnownRun): number {
  const wasOver = before.status === 'finished' || before.status === 'outdated';
  const trainsAgain = wasOver && run.status === 'running' && run.progress.completedEpochs < before.completedEpochs;
  return Math.max(trainsAgain ? 1 : 0, run.sessions - before.logs);
}

/** Whether a project that is known shows a run for the first time that was over before the bot came. */
export function isOldFind(run: Run, before: KnownRun | undefined, project: KnownProject | undefined): boolean {
  return (
    before === undefined && project !== undefined && run.lastUpdate !== null && run.lastUpdate < project.firstSeenAt
  );
}

/** A finished run that counts as failed since somebody raised its epochs. Nothing has happened to it. */
export function isReopened(run: Run, before: KnownRun | undefined): boolean {
  const wasOver = before?.status === 'finished' || before?.status === 'outdated';
  return wasOver && run.status === 'failed' && sessionOf(run, before) === before.session;
}

/** Whether a bad status was there at first sight, or came about without anything happening to the run. */
function isOldNews(run: Run, before: KnownRun | undefined, project: KnownProject | undefined, at: Instant): boolean {
  if (project === undefined || isOldFind(run, before, project) || isReopened(run, before)) return true;
  if (before === undefined || before.status !== run.status || sessionOf(run, before) !== before.session) return false;
  return before.quiet || (before.goneAt !== null && !isBrieflyGone(before, at));
}

/** Whether the alerts of a run whose config is not there wait for it. */
export function isBrieflyGone(run: KnownRun | undefined, at: Instant): boolean {
  return run !== undefined && run.goneAt !== null && at - run.goneAt < GONE_GRACE;
}
