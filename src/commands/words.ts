import { didYouMean } from '../util/nearest.ts';
import { UsageError } from './command.ts';

/** The two halves of `key=value`, the key in lower case; null for any other word. */
export function keyAndValue(word: string): { readonly key: string; readonly value: string } | null {
  const [, key, value] = /^([a-z_-]+)=(.*)$/is.exec(word) ?? [];
  return key === undefined || value === undefined ? null : { key: key.toLowerCase(), value };
}

/**
 * The one of the words that was given. `what` says what it ought to be, as in `a status`.
 * @throws UsageError that names the nearest and the others
 */
export function oneOf<Word extends string>(what: string, given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new UsageError(`"${given}" is not ${what}${didYouMean(given, words)} ${allowed(words)}`);
}

/** More would not be read. */
const MOST_NAMED = 25;

export function allowed(words: readonly string[]): string {
  const more = words.length > MOST_NAMED ? ` and ${words.length - MOST_NAMED} more` : '';
  return `(there are: ${words.slice(0, MOST_NAMED).join(', ')}${more})`;
}

/** How many, null for all. @throws UsageError when it is neither a number from 1 nor `all` */
export function limitOf(value: string): number | null {
  if (value === 'all') return null;
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`limit=${value}: write a whole number from 1, or "all"`);
  return Number(value);
}
