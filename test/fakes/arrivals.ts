/** What a fake platform has received, and a way to wait for it that does not sleep. */
export interface Arrivals<T> {
  all(): readonly T[];
  add(item: T): void;
  /** To be called when an item that was added has changed. */
  changed(): void;
  /** The first item that satisfies the predicate, as soon as there is one; rejects after `deadlineMs`. */
  waitFor(predicate: (item: T) => boolean, deadlineMs?: number): Promise<T>;
}

export function arrivals<T>(what: string): Arrivals<T> {
  const items: T[] = [];
  const watchers = new Set<() => void>();
  function changed(): void {
    for (const watcher of [...watchers]) watcher();
  }
  return {
    all: () => items,
    changed,
    add(item) {
      items.push(item);
      changed();
    },
    waitFor(predicate, deadlineMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`${what}: not among ${items.length} within ${deadlineMs} ms`));
        }, deadlineMs);
        function look(): void {
          const found = items.find(predicate);
          if (found === undefined) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(found);
        }
        watchers.add(look);
        look();
      });
    },
  };
}
