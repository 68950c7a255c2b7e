import type { KeyEventView } from '../../domain/digest.ts';
import type { Event } from '../../domain/event.ts';
import { type Instant, SECOND } from '../../domain/time.ts';

/** Plain JSON. Similar events are one, so that a bad night is a line and not a page. */
export interface KeyEvent {
  /** What makes events similar. */
  readonly matter: string;
  readonly kind: KeyEventView['kind'];
  readonly at: Instant;
  readonly lastAt: Instant;
  readonly count: number;
  readonly project: string | null;
  readonly host: string | null;
  readonly configs: readonly string[];
  readonly summary: string | null;
  readonly durationMs: number | null;
}

const MOST_EVENTS = 500;

/** How many of the runs a folded line names. */
export const NAMED_CONFIGS = 3;

/** Characters: what a log or a host says can be of any length. */
const LONGEST_TEXT = 300;

/** Adds an event to the list, or folds it into a similar one; null when the list is full. */
export function addKeyEvent(events: readonly KeyEvent[], added: KeyEvent): readonly KeyEvent[] | null {
  const index = events.findIndex((event) => event.matter === added.matter);
  const known = events[index];
  if (known !== undefined) return events.with(index, merge(known, added));
  return events.length < MOST_EVENTS ? [...events, added] : null;
}

/** null: the event is counted, but nobody has to read of it. */
export function keyEvent(event: Event): KeyEvent | null {
  switch (event.kind) {
    case 'run-failed':
      return ofRun(event.kind, event, event.summary, null);
    case 'run-stuck':
      return ofRun(event.kind, event, null, event.silentSince === null ? null : event.at - event.silentSince);
    case 'run-outdated':
      return ofRun(event.kind, event, null, null);
    case 'project-found':
      return {
        ...EMPTY,
        ...times(event),
        kind: event.kind,
        matter: matter(event.kind, event.project),
        project: clip(event.project),
      };
    case 'host-lost':
      return { ...ofHost(event.kind, event), summary: clip(event.error) };
    case 'host-back':
      return { ...ofHost(event.kind, event), durationMs: event.awayMs };
    default:
      return launcherKeyEvent(event);
  }
}

function launcherKeyEvent(event: Event): KeyEvent | null {
  switch (event.kind) {
    case 'stuck-removed':
      return ofRuns(
        event,
        event.runs.map(({ config }) => config),
      );
    case 'outdated-cleaned':
      return ofRuns(event, event.workDirs);
    case 'run-error':
      return ofRuns(event, [event.config]);
    case 'gpus-disconnected':
      return ofLauncher(event, gpusText(event.gpus), gpusText(event.gpus));
    case 'hosts-disconnected':
      return ofLauncher(event, event.hosts.join(', '), event.hosts.join(', '));
    case 'launcher-error':
      return ofLauncher(event, event.text, similarity(event.text));
    default:
      return null;
  }
}

/** By time, and in one order whatever the order of arrival. */
export function keyEventViews(events: readonly KeyEvent[], iso: (at: Instant) => string): KeyEventView[] {
  return [...events]
    .sort((a, b) => a.at - b.at || compareText(a.matter, b.matter))
    .map(({ matter: _, at, lastAt, durationMs, ...event }) => ({
      ...event,
      at: iso(at),
      last_at: iso(lastAt),
      duration_s: durationMs === null ? null : Math.round(durationMs / SECOND),
    }));
}

const EMPTY = { count: 1, project: null, host: null, configs: [], summary: null, durationMs: null } as const;

function ofRun(
  kind: 'run-failed' | 'run-stuck' | 'run-outdated',
  event: { readonly at: Instant; readonly project: string; readonly config: string },
  summary: string | null,
  durationMs: number | null,
): KeyEvent {
  return {
    ...EMPTY,
    ...times(event),
    kind,
    matter: matter(kind, event.project, summary === null ? '' : similarity(summary)),
    project: clip(event.project),
    configs: [clip(event.config)],
    summary: summary === null ? null : clip(summary),
    durationMs,
  };
}

function ofHost(kind: 'host-lost' | 'host-back', event: { readonly at: Instant; readonly host: string }): KeyEvent {
  return { ...EMPTY, ...times(event), kind, matter: matter(kind, event.host), host: clip(event.host) };
}

type LauncherKeyEvent = Extract<Event, { kind: KeyEventView['kind'] }> & { readonly project: string };

/** What a launcher did to runs: all of one kind are one. */
function ofRuns(event: LauncherKeyEvent, configs: readonly string[]): KeyEvent {
  const named = [...configs].sort(compareText).slice(0, NAMED_CONFIGS).map(clip);
  return { ...ofLauncher(event, null, ''), configs: named, count: configs.length };
}

function ofLauncher(event: LauncherKeyEvent, summary: string | null, similar: string): KeyEvent {
  return {
    ...EMPTY,
    ...times(event),
    kind: event.kind,
    matter: matter(event.kind, event.project, similar),
    project: clip(event.project),
    summary: summary === null ? null : clip(summary),
  };
}

/** `GPUs 0, 1 of ann@gpu1` */
export function gpusText(gpus: Readonly<Record<string, readonly number[]>>): string {
  return Object.entries(gpus)
    .map(([host, indices]) => `${indices.length === 1 ? 'GPU' : 'GPUs'} ${indices.join(', ')} of ${host}`)
    .join(', ');
}

function times({ at }: { readonly at: Instant }): { readonly at: Instant; readonly lastAt: Instant } {
  return { at, lastAt: at };
}

function matter(...parts: readonly string[]): string {
  return JSON.stringify(parts.map(clip));
}

/** The same error with other sizes, addresses or line numbers is the same matter. */
export function similarity(summary: string): string {
  return clip(summary).replaceAll(/0x[0-9a-f]+|\d+(?:\.\d+)?/gi, '#');
}

function merge(a: KeyEvent, b: KeyEvent): KeyEvent {
  const configs = [...new Set([...a.configs, ...b.configs])].sort(compareText).slice(0, NAMED_CONFIGS);
  return {
    ...a,
    at: Math.min(a.at, b.at),
    lastAt: Math.max(a.lastAt, b.lastAt),
    count: a.count + b.count,
    configs,
    summary: [a.summary, b.summary].filter((text) => text !== null).sort(compareText)[0] ?? null,
    durationMs: a.durationMs === null ? b.durationMs : Math.max(a.durationMs, b.durationMs ?? 0),
  };
}

export function clip(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}

/** By code units: the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
