import { matchesPattern } from '../core/views/run-filter.ts';
import { runDetailView } from '../core/views/run-view.ts';
import type { Run } from '../domain/run.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { nearest } from '../util/nearest.ts';
import { type Command, UsageError } from './command.ts';

export const run: Command = {
  name: 'run',
  description: 'one run in full: progress, ETA, where it is, why it died, the end of its log',
  usage: 'NAME',
  async run(words, queries, { redact }) {
    const snapshot = queries.snapshot();
    const found = findRun(words.join(' '), snapshot.runs);
    const logTail = await queries.logTail(found);
    const host = snapshot.hosts.find(({ name }) => name === found.process?.host) ?? null;
    const view = runDetailView(found, { host, logTail, now: queries.now(), redact });
    return { template: 'run', data: { ...view }, failed: cannotBeRead(found, snapshot) };
  },
};

/** Whether the host that its process is on, or the one whose disk is read, did not answer. */
function cannotBeRead({ reason, project, host }: Run, { hosts, projects }: Snapshot): boolean {
  const readFrom = projects.find(({ name }) => name === project)?.readFrom;
  return (
    reason === 'host-unreachable' ||
    hosts.some(({ name, reachable }) => (name === host || name === readFrom) && reachable !== true)
  );
}

/** The first of these that finds any run decides: its whole name, the end of its path, any part of it. */
const WAYS: readonly ((run: Run, name: string) => boolean)[] = [
  ({ config, id }, name) => config === name || id === name,
  ({ config }, name) => `/${withoutSuffix(config)}`.endsWith(`/${withoutSuffix(name)}`),
  ({ config }, name) => matchesPattern(name, config),
];

function withoutSuffix(path: string): string {
  return path.replace(/\.py$/, '');
}

function findRun(given: string, runs: readonly Run[]): Run {
  // As tables show it: with its project, and shortened.
  const name = given.replace(/: /, ':').replaceAll('…', '*');
  if (name === '') throw new UsageError('say which run');
  for (const matches of WAYS) {
    const [found, ...others] = runs.filter((candidate) => matches(candidate, name));
    if (found === undefined) continue;
    if (others.length === 0) return found;
    throw new UsageError(`${others.length + 1} runs match "${given}": ${someNames([found, ...others])}`);
  }
  const meant = nearestConfig(name, runs);
  throw new UsageError(`no run is named "${given}"${meant === null ? '' : `; did you mean "${meant}"?`}`);
}

/** By its whole path or, as most people write it, by the last part alone. */
function nearestConfig(name: string, runs: readonly Run[]): string | null {
  const byLastPart = new Map(runs.map(({ config }) => [lastPart(config), config]));
  const whole = nearest(
    name,
    runs.map(({ config }) => config),
  );
  if (whole !== null) return whole;
  const part = nearest(lastPart(name), [...byLastPart.keys()]);
  return part === null ? null : (byLastPart.get(part) ?? null);
}

function lastPart(path: string): string {
  return withoutSuffix(path).split('/').at(-1) ?? path;
}

/** More would not be read. */
const MOST_NAMED = 10;

function someNames(runs: readonly Run[]): string {
  const several = new Set(runs.map(({ project }) => project)).size > 1;
  const names = runs.slice(0, MOST_NAMED).map(({ id, config }) => (several ? id : config));
  const more = runs.length > MOST_NAMED ? ` and ${runs.length - MOST_NAMED} more` : '';
  return `${names.join(', ')}${more}`;
}
