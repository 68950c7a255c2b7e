import type { Clock } from '../../src/domain/ports.ts';

/** Real time, `rate` times as fast: what waits for minutes can be seen in seconds. */
export function fastClock(rate: number): Clock {
  const start = Date.now();
  const from = performance.now();
  return {
    now: () => Math.round(start + (performance.now() - from) * rate),
    after(ms, task) {
      const timer = setTimeout(task, Math.max(0, ms) / rate);
      return () => clearTimeout(timer);
    },
  };
}
