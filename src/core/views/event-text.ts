import type { Event } from '../../domain/event.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.ts';
import { gpusText } from '../digest/key-events.ts';
import { printable } from './printable.ts';

type EventKind = Event['kind'];
type Texts = { readonly [Kind in EventKind]: (event: Extract<Event, { kind: Kind }>) => string };

const TEXTS: Texts = {
  'run-started': ({ config, host }) => `${config} started on ${host}`,
  'run-restarted': ({ config, host, session }) => `${config} was started again on ${host}, start ${session}`,
  'run-finished': ({ config, earlyStopped, completedEpochs }) =>
    `${config} ${earlyStopped ? 'stopped early' : 'finished'} after ${plural(completedEpochs, 'epoch')}`,
  'run-failed': ({ config, summary }) => `${config} failed: ${summary}`,
  'run-stuck': ({ at, config, host, silentSince }) =>
    `${config} is stuck on ${host}${silentSince === null ? '' : `: no sign of life for ${span(at - silentSince)}`}`,
  'run-recovered': ({ config, host }) => `${config} is running again on ${host}`,
  'run-outdated': ({ config }) => `${config} is outdated`,
  'run-added': ({ config, status }) => `${config} was added, ${status}`,
  'run-removed': ({ config }) => `${config} was removed`,
  'epochs-completed': ({ config, to, total }) =>
    `${config} completed ${total === null ? plural(to, 'epoch') : `${to} of ${plural(total, 'epoch')}`}`,
  'project-found': ({ project, counts }) => `${project} was seen for the first time: ${plural(counts.total, 'run')}`,
  'host-lost': ({ host, error }) => `${host} cannot be reached: ${error}`,
  'host-back': ({ host, awayMs }) => `${host} is back after ${span(awayMs)}`,
  'launcher-round': () => 'the launcher began a new round',
  'stuck-removed': ({ runs }) =>
    `the launcher removed ${plural(runs.length, 'stuck run')}: ${named(runs.map(({ config, host, pid }) => `${config} (${host}, PID ${pid})`))}`,
  'outdated-cleaned': ({ days, workDirs }) =>
    `the launcher removed ${plural(workDirs.length, 'work dir')} not updated for ${plural(days, 'day')}: ${named(workDirs)}`,
  'run-error': ({ config }) => `the launcher found an error log of ${config}`,
  'run-launched': ({ config, host, gpu }) => `${config} was launched on GPU ${gpu} of ${host}`,
  'launcher-waiting': () => 'the launcher waits for idle GPUs',
  'gpus-disconnected': ({ gpus }) => `the launcher cannot reach ${gpusText(gpus)}`,
  'hosts-disconnected': ({ hosts }) => `the launcher cannot reach ${named(hosts)}`,
  'launcher-progress': ({ pct }) => `the launcher counts ${pct}% of all runs as done`,
  'launcher-done': () => 'the launcher has nothing left to launch',
  'launcher-error': ({ text }) => `fault of the launcher: ${text}`,
};

export const EVENT_KINDS = Object.keys(TEXTS) as readonly EventKind[];

/** How many a sentence names. */
const NAMED = 3;

/** What the event says, as one plain sentence on one line. What a log or a host says can be of any length. */
export function eventText(event: Event): string {
  const write = TEXTS[event.kind] as (event: Event) => string;
  return printable(write(event).replace(/\s+/g, ' '));
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

const UNITS = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
] as const;

/** In the largest unit of which there are two: how long something took, not to the second. */
function span(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => ms >= 2 * least) ?? ['second', SECOND];
  return plural(Math.round(ms / size), unit);
}

function named(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
