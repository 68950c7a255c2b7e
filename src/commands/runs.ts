import { isUpToDate } from '../core/views/project-problems.ts';
import { EVERY_RUN, matchesPattern, RUN_SORTS, type RunFilter, STATUS_WORDS } from '../core/views/run-filter.ts';
import { runsView } from '../core/views/runs-view.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { nearest } from '../util/nearest.ts';
import { type Command, UsageError } from './command.ts';
import { allowed, keyAndValue, limitOf, oneOf } from './words.ts';

/** What a message of a chat has room for. */
const ROWS = 20;

const KEYS = ['status', 'project', 'host', 'owner', 'sort', 'limit'] as const;
type Key = (typeof KEYS)[number];

export const runs: Command = {
  name: 'runs',
  description: 'runs with status, progress and ETA: all of them, or those that the words choose',
  usage: `[STATUS ...] [PART-OF-NAME or GLOB] [project=P] [host=H] [owner=O] [sort=[-]${RUN_SORTS.join('|')}] [limit=N|all]`,
  async run(words, queries, { redact }) {
    const snapshot = queries.snapshot();
    const { filter, limit } = parse(words, snapshot);
    const view = runsView(snapshot, filter, limit, redact);
    const isWhole = snapshot.projects.every(isUpToDate);
    const failed = !isWhole || view.runs.some(({ reason }) => reason === 'host-unreachable');
    return { template: 'runs', data: { ...view }, failed };
  },
};

interface Asked {
  readonly filter: RunFilter;
  /** null: all. */
  readonly limit: number | null;
}

function parse(words: readonly string[], snapshot: Snapshot): Asked {
  let asked: Asked = { filter: EVERY_RUN, limit: ROWS };
  for (const word of words) {
    const pair = keyAndValue(word);
    const more =
      pair === null
        ? plainWord(word, asked, snapshot)
        : keyed(oneOf('a filter', pair.key, KEYS), pair.value, asked, snapshot);
    asked = { filter: { ...asked.filter, ...more.filter }, limit: more.limit === undefined ? asked.limit : more.limit };
  }
  return asked;
}

interface Change {
  readonly filter?: Partial<RunFilter>;
  readonly limit?: number | null;
}

function plainWord(word: string, { filter }: Asked, { runs: all }: Snapshot): Change {
  const status = STATUS_WORDS.find((known) => known === word.toLowerCase());
  if (status !== undefined) return { filter: { statuses: [...filter.statuses, status] } };
  const meant = nearest(word.toLowerCase(), STATUS_WORDS);
  if (meant !== null && !all.some(({ config }) => matchesPattern(word, config))) {
    throw new UsageError(`"${word}" is part of no run's name; did you mean "${meant}"? ${allowed(STATUS_WORDS)}`);
  }
  return { filter: { patterns: [...filter.patterns, word] } };
}

function keyed(key: Key, value: string, { filter }: Asked, snapshot: Snapshot): Change {
  switch (key) {
    case 'status': {
      const given = value.toLowerCase().split(',');
      return {
        filter: { statuses: [...filter.statuses, ...given.map((word) => oneOf('a status', word, STATUS_WORDS))] },
      };
    }
    case 'project':
      return { filter: { project: oneOf('a project', value, names(snapshot.projects)) } };
    case 'host':
      return { filter: { host: oneOf('a host', value, names(snapshot.hosts)) } };
    case 'owner':
      return { filter: { owner: value } };
    case 'sort':
      return { filter: { sort: oneOf('a sort', value.replace(/^-/, ''), RUN_SORTS), reverse: value.startsWith('-') } };
    case 'limit':
      return { limit: limitOf(value) };
  }
}

function names(named: readonly { readonly name: string }[]): string[] {
  return named.map(({ name }) => name);
}
