import type { Clock } from '../../domain/ports.ts';

export interface Throttle {
  call(key: string): void;
  stop(): void;
}

/** Calls `task` at once, then for the same key at most once in `ms`; a call within that time comes at its end. */
export function createThrottle(clock: Clock, ms: number, task: (key: string) => void): Throttle {
  const waiting = new Map<string, { again: boolean; cancel: () => void }>();

  function run(key: string): void {
    waiting.set(key, { again: false, cancel: clock.after(ms, () => over(key)) });
    task(key);
  }

  function over(key: string): void {
    const again = waiting.get(key)?.again === true;
    waiting.delete(key);
    if (again) run(key);
  }

  return {
    call(key) {
      const entry = waiting.get(key);
      if (entry === undefined) run(key);
      else entry.again = true;
    },
    stop() {
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
