import type { Clock } from '../../src/domain/ports.ts';
import type { Instant } from '../../src/domain/time.ts';

export interface ManualClock extends Clock {
  /** Moves the time on and runs what falls due, in order. */
  advance(ms: number): void;
  /** How many tasks wait. */
  waiting(): number;
}

export function manualClock(start: Instant = Date.UTC(2026, 0, 15, 12)): ManualClock {
  let now = start;
  let serial = 0;
  const tasks = new Map<number, { at: Instant; task: () => void }>();
  return {
    now: () => now,
    after(ms, task) {
      serial += 1;
      const id = serial;
      tasks.set(id, { at: now + Math.max(0, ms), task });
      return () => tasks.delete(id);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...tasks].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b);
        if (next === undefined) break;
        tasks.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].task();
      }
      now = end;
    },
    waiting: () => tasks.size,
  };
}

/** Lets promise callbacks that are already due run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
