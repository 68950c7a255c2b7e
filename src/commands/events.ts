import { EVENT_KINDS } from '../core/views/event-text.ts';
import { EVERY_EVENT, type EventFilter, eventsView } from '../core/views/events-view.ts';
import { RECENT_MS } from '../domain/queries.ts';
import type { Instant } from '../domain/time.ts';
import { parseDuration } from '../util/duration.ts';
import { nearest } from '../util/nearest.ts';
import { type Command, UsageError } from './command.ts';

/** More, a chat cannot show and nobody reads. */
const MOST = 100;

export const events: Command = {
  name: 'events',
  description: 'what happened, the newest last: of the last 24 h, or as the words choose',
  usage: '[DURATION] [PART-OF-NAME or GLOB] [kind=KIND[,KIND]] [project=P] [run=PART] [limit=N|all]',
  async run(words, queries, { redact }) {
    const asked = words.reduce(addWord, { sinceMs: null, filter: EVERY_EVENT, limit: MOST });
    const now = queries.now();
    const since = asked.sinceMs === null ? null : now - asked.sinceMs;
    const found = await queries.events(since);
    const from =
      since ??
      firstOf(
        found.map(({ at }) => at),
        now - RECENT_MS,
      );
    const view = eventsView({ events: found, since: from, now }, asked.filter, asked.limit, redact);
    return { template: 'events', data: { ...view } };
  },
};

interface Asked {
  /** How long ago; null: nobody said. */
  readonly sinceMs: number | null;
  readonly filter: EventFilter;
  /** null: all. */
  readonly limit: number | null;
}

function firstOf(times: readonly Instant[], usual: Instant): Instant {
  return Math.min(usual, times[0] ?? usual);
}

/** A later word wins over an earlier one; patterns add up. */
function addWord(asked: Asked, word: string): Asked {
  const [, key, value] = /^([a-z_-]+)=(.*)$/is.exec(word) ?? [];
  if (key !== undefined && value !== undefined) return addKeyed(asked, key.toLowerCase(), value);
  if (!/^\d+[a-z]+$/i.test(word)) return addPattern(asked, word);
  const sinceMs = parseDuration(word);
  if (sinceMs === null) throw new UsageError(`"${word}" is no duration; write it as 30s, 5m, 4h or 2d`);
  return { ...asked, sinceMs };
}

function addPattern(asked: Asked, pattern: string): Asked {
  return { ...asked, filter: { ...asked.filter, patterns: [...asked.filter.patterns, pattern] } };
}

function addKeyed(asked: Asked, key: string, value: string): Asked {
  switch (key) {
    case 'kind':
      return { ...asked, filter: { ...asked.filter, kinds: value.toLowerCase().split(',').map(kindOf) } };
    case 'project':
      return { ...asked, filter: { ...asked.filter, project: value } };
    case 'run':
      return addPattern(asked, value);
    case 'limit':
      return { ...asked, limit: limitOf(value) };
    default:
      throw new UsageError(`"${key}" is not one of kind, project, run and limit`);
  }
}

function kindOf(given: string): EventFilter['kinds'][number] {
  const kind = EVENT_KINDS.find((known) => known === given);
  if (kind !== undefined) return kind;
  const meant = nearest(given, EVENT_KINDS);
  const hint = meant === null ? '' : `; did you mean "${meant}"?`;
  throw new UsageError(`"${given}" is no kind of event${hint} (there are: ${EVENT_KINDS.join(', ')})`);
}

function limitOf(value: string): number | null {
  if (value === 'all') return null;
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`limit=${value}: write a whole number from 1, or "all"`);
  return Number(value);
}
