import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { type Clock, FOLLOW_COALESCE_MS, type Follower, type FollowerEvents } from '../../domain/ports.ts';
import { createThrottle } from './throttle.ts';

/** Between two looks at whether the processes live. */
const PROCESSES_MS = 200;

export interface LocalFollowerOptions {
  readonly clock: Clock;
  readonly on: FollowerEvents;
  /** Other than FOLLOW_COALESCE_MS. */
  readonly coalesceMs?: number;
  /** A file cannot be watched, for want of inotify watches for instance. It is still scanned. */
  readonly onProblem: (problem: string) => void;
}

/** Watches files and processes of the bot's own machine. A network disk does not tell what other machines write. */
export function createLocalFollower({
  clock,
  on,
  coalesceMs = FOLLOW_COALESCE_MS,
  onProblem,
}: LocalFollowerOptions): Follower {
  let current: ReadonlySet<string> = new Set();
  const throttle = createThrottle(clock, coalesceMs, (path) => {
    if (current.has(path)) on.changed(path);
  });
  let processes: readonly number[] = [];
  let cancelLook: (() => void) | null = null;

  function lookAtProcesses(): void {
    cancelLook = null;
    const gone = processes.filter((pid) => !isAlive(pid));
    processes = processes.filter((pid) => !gone.includes(pid));
    for (const pid of gone) {
      told.add(pid);
      on.ended(pid);
    }
    if (processes.length > 0) cancelLook = clock.after(PROCESSES_MS, lookAtProcesses);
  }

  const told = new Set<number>();
  const watcher = watch([]);
  watcher.on('change', (path) => throttle.call(path));
  watcher.on('add', (path) => {
    if (current.has(path)) on.changed(path);
  });
  watcher.on('error', (error) => onProblem(error instanceof Error ? error.message : String(error)));
  return {
    update(logs, pids = []) {
      const before = current;
      current = new Set(logs);
      watcher.unwatch([...before].filter((path) => !current.has(path)));
      // A watch ends with its file or folder; one that is there again is followed from the next update on.
      const watched = watchedFiles(watcher);
      watcher.add([...current].filter((path) => !watched.has(path)));
      for (const pid of told) if (!pids.includes(pid)) told.delete(pid);
      processes = pids.filter((pid) => !told.has(pid));
      if (processes.length > 0) cancelLook ??= clock.after(PROCESSES_MS, lookAtProcesses);
    },
    stop() {
      current = new Set();
      processes = [];
      cancelLook?.();
      throttle.stop();
      void watcher.close();
    },
  };
}

function watchedFiles(watcher: FSWatcher): ReadonlySet<string> {
  const files = Object.entries(watcher.getWatched()).flatMap(([dir, names]) => names.map((name) => join(dir, name)));
  return new Set(files);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and is not ours.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
