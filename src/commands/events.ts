import { EVENT_KINDS } from '../core/views/event-text.ts';
import { EVERY_EVENT, type EventFilter, eventsView } from '../core/views/events-view.ts';
import type { Event } from '../domain/event.ts';
import { RECENT_MS } from '../domain/queries.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Instant } from '../domain/time.ts';
import { parseDuration } from '../util/duration.ts';
import { type Command, UsageError } from './command.ts';
import { keyAndValue, limitOf, oneOf } from './words.ts';

/** More, a chat cannot show and nobody reads. */
const MOST = 100;

const KEYS = ['kind', 'project', 'run', 'limit'] as const;
type Key = (typeof KEYS)[number];

export const events: Command = {
  name: 'events',
  description: 'what happened, the newest last: of the last 24 h, or as the words choose',
  usage: '[DURATION] [KIND ...] [PART-OF-NAME or GLOB] [project=P] [run=PART] [limit=N|all]',
  async run(words, queries, { redact }) {
    const asked = words.reduce(addWord, { sinceMs: null, filter: EVERY_EVENT, limit: MOST });
    const now = queries.now();
    const since = asked.sinceMs === null ? null : now - asked.sinceMs;
    const found = await queries.events(since);
    const { project } = asked.filter;
    if (project !== null) mustBeKnown(project, found, queries.snapshot());
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

/** @throws UsageError of a project that is not watched and of which nothing is kept */
function mustBeKnown(project: string, found: readonly Event[], { projects }: Snapshot): void {
  const ofFound = found.flatMap((event) => ('project' in event ? [event.project] : []));
  oneOf('a project', project, [...new Set([...projects.map(({ name }) => name), ...ofFound])]);
}

function firstOf(times: readonly Instant[], usual: Instant): Instant {
  return Math.min(usual, times[0] ?? usual);
}

/** A later word wins over an earlier one; patterns and kinds add up. */
function addWord(asked: Asked, word: string): Asked {
  const pair = keyAndValue(word);
  if (pair !== null) return addKeyed(asked, oneOf('a filter', pair.key, KEYS), pair.value);
  const kind = EVENT_KINDS.find((known) => known === word.toLowerCase());
  if (kind !== undefined) return addKinds(asked, [kind]);
  if (!/^\d+[a-z]+$/i.test(word)) return addPattern(asked, word);
  const sinceMs = parseDuration(word);
  if (sinceMs === null) throw new UsageError(`"${word}" is no duration; write it as 30s, 5m, 4h or 2d`);
  return { ...asked, sinceMs };
}

function addPattern(asked: Asked, pattern: string): Asked {
  return { ...asked, filter: { ...asked.filter, patterns: [...asked.filter.patterns, pattern] } };
}

function addKinds(asked: Asked, kinds: EventFilter['kinds']): Asked {
  return { ...asked, filter: { ...asked.filter, kinds: [...asked.filter.kinds, ...kinds] } };
}

function addKeyed(asked: Asked, key: Key, value: string): Asked {
  switch (key) {
    case 'kind':
      return addKinds(
        asked,
        value.split(',').map((kind) => oneOf('a kind of event', kind.toLowerCase(), EVENT_KINDS)),
      );
    case 'project':
      return { ...asked, filter: { ...asked.filter, project: value } };
    case 'run':
      return addPattern(asked, value);
    case 'limit':
      return { ...asked, limit: limitOf(value) };
  }
}
