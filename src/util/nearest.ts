import { closest, distance } from 'fastest-levenshtein';

/** The allowed word that was probably meant; null where none is near: more than half of its letters differ. */
export function nearest(found: string, allowed: readonly string[]): string | null {
  if (allowed.length === 0) return null;
  const near = closest(found, [...allowed]);
  const farthest = Math.max(1, Math.floor(Math.max(found.length, near.length) / 2));
  return distance(found, near) <= farthest ? near : null;
}

/** `; did you mean "ssh"?` where a word that is allowed is near, else nothing. */
export function didYouMean(found: string, allowed: readonly string[]): string {
  const meant = nearest(found, allowed);
  return meant === null ? '' : `; did you mean ${JSON.stringify(meant)}?`;
}
