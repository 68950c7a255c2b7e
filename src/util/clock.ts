import type { Clock } from '../domain/ports.ts';

/** Timers above 2^31-1 ms fire at once in Node (nodejs/node#22149), so long waits go in steps. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    let timer: NodeJS.Timeout;
    let left = Math.max(0, ms);
    function step(): void {
      const wait = Math.min(left, LONGEST_TIMER);
      left -= wait;
      timer = setTimeout(left > 0 ? step : task, wait);
    }
    step();
    return () => clearTimeout(timer);
  },
};

/** Lets everything else that is due run first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
