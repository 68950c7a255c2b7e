/**
 * `before` itself where `after` has the same keys with the same values, so that what has not changed is
 * seen at once to be the same, and need not be saved.
 */
export function keepSame<T extends object>(before: T | null | undefined, after: T): T {
  if (before === null || before === undefined) return after;
  const keys = Object.keys(after) as (keyof T)[];
  if (keys.length !== Object.keys(before).length) return after;
  return keys.every((key) => Object.hasOwn(before, key) && Object.is(before[key], after[key])) ? before : after;
}
