import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Clock, Follower } from '../../domain/ports.ts';
import { createThrottle } from './throttle.ts';

const COALESCE_MS = 50;

export interface LocalFollowerOptions {
  readonly clock: Clock;
  /**
   * Called with the path when it is first seen, as it may have been written to since it was read, and
   * after each change at once, but at most once in 50 ms for each.
   */
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
  const watcher = watch([]);
  watcher.on('change', (path) => throttle.call(path));
  watcher.on('add', (path) => throttle.call(path));
  watcher.on('error', (error) => onProblem(error instanceof Error ? error.message : String(error)));
  return {
    update(paths) {
      const before = current;
      current = new Set(paths);
      watcher.unwatch([...before].filter((path) => !current.has(path)));
      // A watch ends with its file or folder; one that is there again is followed from the next update on.
      const watched = watchedFiles(watcher);
      watcher.add([...current].filter((path) => !watched.has(path)));
    },
    stop() {
      current = new Set();
      throttle.stop();
      void watcher.close();
    },
  };
}

function watchedFiles(watcher: FSWatcher): ReadonlySet<string> {
  const files = Object.entries(watcher.getWatched()).flatMap(([dir, names]) => names.map((name) => join(dir, name)));
  return new Set(files);
}
