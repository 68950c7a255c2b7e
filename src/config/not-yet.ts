import { isDeepStrictEqual } from 'node:util';
import { type Finding, valueAt } from './issues.ts';
import type { Path } from './problem.ts';

/** A key whose feature does not exist. `*` stands for every entry of a list. */
interface NotYet {
  readonly key: readonly string[];
  /** The value that asks for nothing; none: to give the key at all asks for something. */
  readonly idle?: unknown;
  readonly message: string;
}

const IGNORED = 'not yet supported; it has no effect';

/** A row goes when its feature comes. */
const NOT_YET: readonly NotYet[] = [
  { key: ['summary', 'after_idle'], message: IGNORED },
  {
    key: ['channels', 'slack', 'mode'],
    idle: 'socket',
    message: 'http is not yet supported; commands in Slack are off',
  },
  { key: ['channels', 'slack', 'port'], message: IGNORED },
  { key: ['channels', 'slack', 'path'], message: IGNORED },
  { key: ['channels', 'discord', 'guild'], message: 'not yet supported; commands in Discord are off' },
  { key: ['receivers', '*', 'webhook'], message: 'not yet supported; this receiver is off' },
  { key: ['receivers', '*', 'quiet_hours'], message: 'not yet supported; this receiver hears at any hour' },
  { key: ['routes', '*', 'repeat_interval'], message: IGNORED },
  { key: ['people'], idle: [], message: IGNORED },
  { key: ['collector', 'enabled'], idle: false, message: 'not yet supported; the collector is off' },
  { key: ['collector', 'listen'], idle: '127.0.0.1:5001', message: IGNORED },
  { key: ['http', 'listen'], idle: '127.0.0.1:9909', message: IGNORED },
  { key: ['heartbeat', 'url'], message: 'not yet supported; nothing is sent there' },
  { key: ['heartbeat', 'every'], idle: '1m', message: IGNORED },
];

/** The settings in a valid value that ask for what does not exist. */
export function findNotYet(value: unknown): Finding[] {
  return NOT_YET.flatMap(({ key, idle, message }) =>
    pathsTo(value, key)
      .filter((path) => !isDeepStrictEqual(valueAt(value, path), idle))
      .map((path) => ({ path, message })),
  );
}

/** The paths of all values under a key with `*` in it; none where there is no value. */
export function pathsTo(value: unknown, key: readonly string[]): Path[] {
  let paths: Path[] = [[]];
  for (const step of key) {
    paths = paths.flatMap((path) => {
      if (step !== '*') return [[...path, step]];
      const items = valueAt(value, path);
      return Array.isArray(items) ? items.map((_, i) => [...path, i]) : [];
    });
  }
  return paths.filter((path) => valueAt(value, path) !== undefined);
}
