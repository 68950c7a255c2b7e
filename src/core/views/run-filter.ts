import { RUN_STATUSES, type Run, type RunStatus } from '../../domain/run.ts';

/** A status as people ask for it: those that never started are counted on their own; active ones have a live process. */
export const STATUS_WORDS = [...RUN_STATUSES, 'never-started', 'active'] as const;
export type StatusWord = (typeof STATUS_WORDS)[number];

export const RUN_SORTS = ['name', 'status', 'progress', 'eta', 'updated'] as const;
export type RunSort = (typeof RUN_SORTS)[number];

/** Which runs are asked for, and in which order. A run must satisfy all of it. */
export interface RunFilter {
  /** Any of these; empty: all. */
  readonly statuses: readonly StatusWord[];
  readonly project: string | null;
  readonly host: string | null;
  readonly owner: string | null;
  /** Parts or globs of its config's path. */
  readonly patterns: readonly string[];
  readonly sort: RunSort;
  readonly reverse: boolean;
}

export const EVERY_RUN: RunFilter = {
  statuses: [],
  project: null,
  host: null,
  owner: null,
  patterns: [],
  sort: 'name',
  reverse: false,
};

export function selectRuns(runs: readonly Run[], filter: RunFilter): Run[] {
  const selected = runs.filter((run) => isAskedFor(run, filter));
  return selected.sort(orderOf(filter));
}

function isAskedFor(run: Run, { statuses, project, host, owner, patterns }: RunFilter): boolean {
  return (
    (statuses.length === 0 || statuses.some((word) => hasStatus(run, word))) &&
    (project === null || run.project === project) &&
    (host === null || run.host === host) &&
    (owner === null || run.owner === owner) &&
    patterns.every((pattern) => matchesPattern(pattern, run.config))
  );
}

function hasStatus({ status, reason }: Run, word: StatusWord): boolean {
  if (word === 'active') return status === 'running' || status === 'stuck';
  return word === (reason === 'never-started' ? reason : status);
}

/**
 * Whether the pattern is a part of the path or, where it holds `*` or `?`, stands for all of it from any
 * folder on: `*` for anything, folders included, `?` for one character. Case does not matter. Whatever the
 * pattern, it takes no more steps than the product of both lengths; a regular expression may take for ever.
 */
export function matchesPattern(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), path.toLowerCase()];
  if (!/[*?]/.test(wanted)) return given.includes(wanted);
  return matchesGlob(wanted, given) || matchesGlob(`*/${wanted}`, given);
}

function matchesGlob(glob: string, text: string): boolean {
  let [at, star, resumeAt] = [0, -1, 0];
  for (let position = 0; position < text.length; ) {
    if (glob[at] === '*') {
      star = at;
      at += 1;
      resumeAt = position;
    } else if (glob[at] === '?' || glob[at] === text[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      // The last star takes one more; an earlier one never needs to.
      at = star + 1;
      resumeAt += 1;
      position = resumeAt;
    } else return false;
  }
  return /^\**$/.test(glob.slice(at));
}

type Order = (a: Run, b: Run) => number;

/** What needs a human comes first. */
const STATUS_ORDER: Readonly<Record<RunStatus, number>> = { stuck: 0, failed: 1, running: 2, outdated: 3, finished: 4 };
const NEVER_STARTED_ORDER = 2.5;

/** null: unknown, and last in either direction. */
const SORT_VALUES: Readonly<Record<Exclude<RunSort, 'name'>, (run: Run) => number | null>> = {
  status: ({ status, reason }) => (reason === 'never-started' ? NEVER_STARTED_ORDER : STATUS_ORDER[status]),
  progress: ({ progress }) => progress.percentage,
  eta: ({ eta }) => eta?.at ?? null,
  updated: ({ lastUpdate }) => lastUpdate,
};

function orderOf({ sort, reverse }: RunFilter): Order {
  const sign = reverse ? -1 : 1;
  if (sort === 'name') return (a, b) => sign * byName(a, b);
  const sortValue = SORT_VALUES[sort];
  return (a, b) => {
    const [first, second] = [sortValue(a), sortValue(b)];
    if (first === second) return byName(a, b);
    if (first === null) return 1;
    return second === null ? -1 : sign * (first - second);
  };
}

/** By code units, which is the same everywhere. */
function byName(a: Run, b: Run): number {
  if (a.project !== b.project) return a.project < b.project ? -1 : 1;
  if (a.config === b.config) return 0;
  return a.config < b.config ? -1 : 1;
}
