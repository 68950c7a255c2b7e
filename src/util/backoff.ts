import type { Random } from '../domain/ports.ts';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after the given number of failures in a row: doubled each time up to the maximum,
 * and spread over the upper half of that, so that many waiters do not come back together.
 */
export function backoffDelay(failures: number, { firstMs, maxMs }: Backoff, random: Random): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
