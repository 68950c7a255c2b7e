import type { Clock } from '../../../domain/ports.ts';
import type { Instant } from '../../../domain/time.ts';
import { REMEMBER_MS } from './limits.ts';

/** What was taken already: Slack sends again what it believes was not. */
export interface Recent {
  /** Whether none of the ids was seen in the last ten minutes; remembers them all. */
  isNew(ids: readonly string[]): boolean;
}

export function createRecent(clock: Clock): Recent {
  /** When each was seen first, oldest first. */
  const seen = new Map<string, Instant>();
  function forget(): void {
    for (const [id, at] of seen) {
      if (clock.now() - at < REMEMBER_MS) return;
      seen.delete(id);
    }
  }
  return {
    isNew(ids) {
      forget();
      const known = ids.some((id) => seen.has(id));
      for (const id of ids) if (!seen.has(id)) seen.set(id, clock.now());
      return !known;
    },
  };
}
