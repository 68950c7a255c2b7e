/** Lets so many in at a time; the others wait in the order they came. */
export interface Slots {
  /** Resolves with the way to give the slot back. Rejects with the signal's reason when that aborts first. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(limit: number): Slots {
  const waiting = new Set<() => void>();
  let taken = 0;

  function giveBack(): void {
    const [next] = waiting;
    if (next === undefined) taken -= 1;
    else next();
  }

  function slot(): () => void {
    let held = true;
    return () => {
      if (held) giveBack();
      held = false;
    };
  }

  return {
    async take(signal) {
      signal.throwIfAborted();
      if (taken < limit) {
        taken += 1;
        return slot();
      }
      return new Promise((resolve, reject) => {
        function grant(): void {
          waiting.delete(grant);
          signal.removeEventListener('abort', giveUp);
          resolve(slot());
        }
        function giveUp(): void {
          waiting.delete(grant);
          reject(signal.reason);
        }
        waiting.add(grant);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },
  };
}
