import { EVERY_RUN, matchesPattern, RUN_SORTS, type RunFilter, STATUS_WORDS } from '../core/views/run-filter.ts';
import { runsView } from '../core/views/runs-view.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { nearest } from '../util/nearest.ts';
import { type Command, UsageError } from './command.ts';

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
    const failed = snapshot.projects.some(({ scanned, stale }) => stale || !scanned);
    return { template: 'runs', data: { ...runsView(snapshot, filter, limit, redact) }, failed };
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
    const [, key, value] = /^([a-z_-]+)=(.*)$/is.exec(word) ?? [];
    const more =
      key === undefined || value === undefined
        ? plainWord(word, asked, snapshot)
        : keyed(oneOf('a filter', key.toLowerCase(), KEYS), value, asked, snapshot);
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

function limitOf(value: string): number | null {
  if (value === 'all') return null;
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`limit=${value}: write a whole number from 1, or "all"`);
  return Number(value);
}

function names(named: readonly { readonly name: string }[]): string[] {
  return named.map(({ name }) => name);
}

function oneOf<Word extends string>(what: string, given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  const meant = nearest(given, words);
  const hint = meant === null ? '' : `; did you mean "${meant}"?`;
  throw new UsageError(`"${given}" is not ${what}${hint} ${allowed(words)}`);
}

/** More would not be read. */
const MOST_NAMED = 20;

function allowed(words: readonly string[]): string {
  const more = words.length > MOST_NAMED ? ` and ${words.length - MOST_NAMED} more` : '';
  return `(there are: ${words.slice(0, MOST_NAMED).join(', ')}${more})`;
}
