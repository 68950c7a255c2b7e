import { watch } from 'chokidar';
import type { Clock, Follower } from '../../domain/ports.ts';
import { createThrottle } from './throttle.ts';

const COALESCE_MS = 50;

export interface LocalFollowerOptions {
  readonly clock: Clock;
  /** Called with the path at once, and then at most once in 50 ms for each. */
  readonly onChange: (path: string) => void;
  /** A file cannot be watched, for want of inotify watches for instance. It is still scanned. */
  readonly onProblem: (problem: string) => void;
}

/** Follows files of the bot's own machine. A network disk does not tell what other machines write. */
export function createLocalFollower({ clock, onChange, onProblem }: LocalFollowerOptions): Follower {
  let current: ReadonlySet<string> = new Set();
  const throttle = createThrottle(clock, COALESCE_MS, (path) => {
    if (current.has(path)) onChange(path);
  });
  const watcher = watch([], { ignoreInitial: true });
  watcher.on('change', (path) => throttle.call(path));
  watcher.on('add', (path) => throttle.call(path));
  watcher.on('error', (error) => onProblem(error instanceof Error ? error.message : String(error)));
  return {
    update(paths) {
      const before = current;
      current = new Set(paths);
      watcher.unwatch([...before].filter((path) => !current.has(path)));
      watcher.add([...current].filter((path) => !before.has(path)));
    },
    stop() {
      current = new Set();
      throttle.stop();
      void watcher.close();
    },
  };
}
