import type { Clock, Logger, RunsCache } from './domain/ports.ts';
import { MINUTE, SECOND } from './domain/time.ts';

export interface CacheKeeper {
  /** Something worth remembering has changed: save soon. */
  touch(): void;
  /** Saves a last time. */
  stop(): Promise<void>;
}

interface Parts {
  readonly cache: () => RunsCache;
  readonly write: (cache: RunsCache) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const SOON = SECOND;
const REGULARLY = 5 * MINUTE;

/** Saves what the scan has learnt, soon after something happened and now and then. A failure costs a slower start. */
export function createCacheKeeper({ cache, write, clock, logger }: Parts): CacheKeeper {
  let cancel: () => void = () => undefined;
  let due = Number.POSITIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();

  function schedule(waitMs: number): void {
    if (clock.now() + waitMs >= due) return;
    cancel();
    due = clock.now() + waitMs;
    cancel = clock.after(waitMs, () => {
      due = Number.POSITIVE_INFINITY;
      schedule(REGULARLY);
      void save();
    });
  }

  function save(): Promise<void> {
    writing = writing
      .then(() => write(cache()))
      .catch((error: unknown) => logger.warn({ err: error }, 'cache of runs not saved'));
    return writing;
  }

  schedule(REGULARLY);
  return {
    touch: () => schedule(SOON),
    async stop() {
      cancel();
      await save();
    },
  };
}
