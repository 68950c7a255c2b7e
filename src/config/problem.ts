import { didYouMean } from '../util/nearest.ts';
import { hideSecrets } from './mask.ts';

/** From the root of the file to a value: keys of mappings and indices of lists. */
export type Path = readonly (string | number)[];

/** Why a configuration cannot be used. All of a file's are told at once. */
export interface ConfigProblem {
  /** The file as the user would name it, or `environment`; null: the command line. */
  readonly file: string | null;
  /** From 1; null where there is none. */
  readonly line: number | null;
  /** The whole key, `hosts[0].ssh`; empty for the file itself. */
  readonly key: string;
  /** What was found and what is allowed; holds no secret. */
  readonly message: string;
}

/**
 * What the user should know although the bot starts: a setting without effect as yet, something
 * that is off for want of a token, or something unwise.
 */
export interface ConfigNotice extends ConfigProblem {
  readonly kind: 'not-yet' | 'off' | 'warning';
}

/** One line: `pylon.yaml:12: hosts[0].sssh: unknown key; did you mean "ssh"? Allowed: ...`. Takes notices too. */
export function describeProblem({ file, line, key, message }: ConfigProblem): string {
  const place = file !== null && line !== null ? `${file}:${line}` : file;
  const text = [place, key, message].filter((part) => part !== null && part !== '').join(': ');
  return hideSecrets(text).replace(/\p{Cc}+/gu, ' ');
}

export function formatKey(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}

const LONGEST_SHOWN = 60;

/** What was found, short and without secrets. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'found no value';
  if (Array.isArray(value)) return value.length === 0 ? 'found an empty list' : 'found a list';
  if (typeof value === 'object') return `found ${keysOf(value)}`;
  return typeof value === 'string' ? `found ${quoted(value)}` : `found ${String(value)}`;
}

function keysOf(value: object): string {
  const keys = Object.entries(value).map(([key, item]) => (item === null ? `${key} without a value` : key));
  return keys.length === 0 ? 'an empty mapping' : `the keys ${quoted(keys.join(', '))}`;
}

function quoted(text: string): string {
  const safe = hideSecrets(text);
  return JSON.stringify(safe.length > LONGEST_SHOWN ? `${safe.slice(0, LONGEST_SHOWN)}...` : safe);
}

/** What was probably meant instead of a value, as `didYouMean`. */
export function suggestion(found: unknown, allowed: readonly string[]): string {
  return typeof found === 'string' ? didYouMean(found, allowed) : '';
}

/** The suggestion, and all that is allowed. */
export function allowedInstead(found: unknown, allowed: readonly string[]): string {
  const near = suggestion(found, allowed);
  return `${near === '' ? '; allowed' : `${near} Allowed`}: ${allowed.join(', ')}`;
}
