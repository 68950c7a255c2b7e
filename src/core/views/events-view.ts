import type { Event } from '../../domain/event.ts';
import { type Instant, isoTime, SECOND } from '../../domain/time.ts';
import type { EventsView } from '../../domain/views.ts';
import { eventText } from './event-text.ts';
import { capped } from './printable.ts';
import { matchesPattern } from './run-filter.ts';

/** Which events are asked for. An event must satisfy all of it. */
export interface EventFilter {
  /** Any of these; empty: all. */
  readonly kinds: readonly Event['kind'][];
  readonly project: string | null;
  /** Parts or globs of the path of its config, or of a work dir where it names no config. */
  readonly patterns: readonly string[];
}

export const EVERY_EVENT: EventFilter = { kinds: [], project: null, patterns: [] };

/**
 * The events that are asked for, the newest `limit` of them (null: all). `events` are those since `since`,
 * oldest first. `redact` masks the secrets in what hosts and logs say.
 */
export function eventsView(
  { events, since, now }: { readonly events: readonly Event[]; readonly since: Instant; readonly now: Instant },
  filter: EventFilter,
  limit: number | null,
  redact: (text: string) => string,
): EventsView {
  const selected = events.filter((event) => isAskedFor(event, filter));
  const omitted = Math.max(0, selected.length - (limit ?? selected.length));
  return {
    schema: 'pylon.events/1',
    at: isoTime(now),
    since: isoTime(since),
    events: selected.slice(omitted).map((event) => eventView(event, redact)),
    omitted,
  };
}

/** UTF-16 units of a sentence. */
const LONGEST = 500;

function isAskedFor(event: Event, { kinds, project, patterns }: EventFilter): boolean {
  return (
    (kinds.length === 0 || kinds.includes(event.kind)) &&
    (project === null || projectOf(event) === project) &&
    patterns.every((pattern) => runsOf(event).some((name) => matchesPattern(pattern, name)))
  );
}

function projectOf(event: Event): string | null {
  return 'project' in event ? event.project : null;
}

/** Configs, or work dirs, of the runs that it is about. */
function runsOf(event: Event): readonly string[] {
  if ('config' in event) return [event.config];
  if (event.kind === 'stuck-removed') return event.runs.map(({ config }) => config);
  return event.kind === 'outdated-cleaned' ? event.workDirs : [];
}

function eventView(event: Event, redact: (text: string) => string): EventsView['events'][number] {
  const { kind, at, ...fields } = event;
  const shown = Object.entries(fields).map(([name, value]) => fieldView(name, value, redact));
  return {
    kind,
    at: isoTime(at),
    project: null,
    ...Object.fromEntries(shown),
    text: capped(redact(eventText(event)), LONGEST),
  };
}

function fieldView(name: string, value: unknown, redact: (text: string) => string): readonly [string, unknown] {
  if (name === 'awayMs' && typeof value === 'number') return ['away_s', Math.round(value / SECOND)];
  if (name === 'silentSince' && typeof value === 'number') return ['silent_since', isoTime(value)];
  // The key `text` is that of the sentence.
  if (name === 'text') return ['message', redact(String(value))];
  const key = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [key, typeof value === 'string' ? redact(value) : value];
}
