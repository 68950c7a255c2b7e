import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { LoadResult } from '../config/load.ts';
import { createLocalFollower } from '../edge/follow/local.ts';
import { systemClock } from '../util/clock.ts';

/** Editors write in steps: a file is read once it has been left alone for so long. */
const QUIET_MS = 300;

interface Watching {
  /** Settles with the next good configuration: another one, or on SIGHUP any. */
  readonly changed: Promise<LoadResult>;
  stop(): void;
}

/**
 * Reads the configuration again on SIGHUP and when its file or `.env` changes. `onBad` hears of one that
 * cannot be used; the bot goes on with the one it has.
 */
export function watchConfig(
  current: Config,
  cwd: string,
  load: () => LoadResult,
  onBad: (result: LoadResult & { ok: false }) => void,
): Watching {
  let settle: (result: LoadResult) => void = () => undefined;
  const changed = new Promise<LoadResult>((resolve) => {
    settle = resolve;
  });

  function look(always: boolean): void {
    const result = load();
    if (!result.ok) onBad(result);
    else if (always || JSON.stringify(result.config) !== JSON.stringify(current)) settle(result);
  }
  const lookNow = (): void => look(true);

  let cancel = (): void => {};
  function lookSoon(): void {
    cancel();
    cancel = systemClock.after(QUIET_MS, () => look(false));
  }

  const file = current.file ?? join(cwd, 'pylon.yaml');
  const follower = createLocalFollower({
    clock: systemClock,
    coalesceMs: QUIET_MS,
    on: { changed: lookSoon, ended: () => undefined },
    onProblem: () => undefined,
  });
  follower.update([file, join(file, '..', '.env')]);
  process.on('SIGHUP', lookNow);
  // The file may have changed while the bot was starting.
  lookSoon();
  return {
    changed,
    stop() {
      cancel();
      follower.stop();
      process.off('SIGHUP', lookNow);
    },
  };
}
