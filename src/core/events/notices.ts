import type { Content } from '../../domain/delivery.ts';
import type { Event } from '../../domain/event.ts';
import { isUnknown, type Run, runId } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { isoTime } from '../../domain/time.ts';
import { groupBy } from '../../util/group-by.ts';
import type { Notice } from '../alerts/decide.ts';
import { countRuns } from '../runs/fleet.ts';

/** How many bad runs the first message names; the template says how many more there are. */
const NAMED_AT_FIRST_SIGHT = 20;

const BAD: ReadonlySet<Run['status']> = new Set(['failed', 'stuck']);

/** The events that are worth a message of their own: runs that finished, and projects seen for the first time. */
export function noticesOf(events: readonly Event[], snapshot: Snapshot): Notice[] {
  const finished = groupBy(
    events.filter((event) => event.kind === 'run-finished'),
    (event) => event.project,
  );
  const found = events.filter((event) => event.kind === 'project-found').map((event) => event.project);
  return [
    ...(found.length === 0 ? [] : [baselineNotice(found, snapshot)]),
    ...[...finished].map(([project, runs]) => finishedNotice(project, runs, snapshot)),
  ];
}

function finishedNotice(
  project: string,
  finished: readonly (Event & { kind: 'run-finished' })[],
  snapshot: Snapshot,
): Notice {
  const totals = new Map(snapshot.runs.map((run) => [run.id, run.progress.totalEpochs]));
  const runs = finished.map((event) => ({
    config: event.config,
    host: event.host,
    completed_epochs: event.completedEpochs,
    total_epochs: totals.get(runId(event.project, event.config)) ?? null,
    early_stopped: event.earlyStopped,
    at: isoTime(event.at),
  }));
  return {
    name: `run-finished|${project}`,
    labels: { event: 'run-finished', severity: 'info', project },
    content: notice('run-finished', { project, runs }),
    merge: (waiting, added) =>
      notice('run-finished', { project, runs: [...listOf(waiting, 'runs'), ...listOf(added, 'runs')] }),
  };
}

function baselineNotice(found: readonly string[], snapshot: Snapshot): Notice {
  const projects = snapshot.projects
    .filter((project) => found.includes(project.name))
    .map(({ name, root, readFrom }) => {
      const runs = snapshot.runs.filter((run) => run.project === name);
      const known = runs.filter((run) => !isUnknown(run));
      const bad = known.filter((run) => run.reason !== 'never-started' && BAD.has(run.status));
      return {
        project: name,
        root,
        host: readFrom,
        ...countRuns(known),
        total: runs.length,
        unknown: runs.length - known.length,
        failed_runs: bad.slice(0, NAMED_AT_FIRST_SIGHT).map((run) => run.config),
        more: Math.max(0, bad.length - NAMED_AT_FIRST_SIGHT),
      };
    });
  return {
    name: 'baseline',
    labels: { event: 'project-found', severity: 'info' },
    content: notice('baseline', { projects }),
    merge: (waiting, added) =>
      notice('baseline', { projects: [...listOf(waiting, 'projects'), ...listOf(added, 'projects')] }),
  };
}

function notice(template: string, data: Content['data']): Content {
  return { template, kind: 'notice', severity: 'info', resolved: false, data };
}

function listOf(content: Content, name: string): readonly unknown[] {
  const list = content.data[name];
  return Array.isArray(list) ? list : [];
}
