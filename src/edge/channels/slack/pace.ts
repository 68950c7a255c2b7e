import type { Clock } from '../../../domain/ports.ts';
import { PACE_MS } from './limits.ts';

/** Resolves when the caller may go: in order of asking, one a second, however the clock is set meanwhile. */
export type Pace = () => Promise<void>;

/** Slack's one message a second and channel; edits and replies count too. */
export function createPace(clock: Clock): Pace {
  let free = Promise.resolve();
  return () => {
    const mine = free;
    free = mine.then(() => pause(clock, PACE_MS));
    return mine;
  };
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** The promise's own end, or a rejection once `ms` are over. */
export function withDeadline<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new Error('timed out')));
    promise.then(resolve, reject).finally(cancel);
  });
}
