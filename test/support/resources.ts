import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process holds; bytes of heap are those that survive a collection. */
export interface Resources {
  /** Open descriptors; 0 where /proc does not tell. */
  readonly descriptors: number;
  readonly timers: number;
  readonly heapBytes: number;
}

export function resources(): Resources {
  return {
    descriptors: countDescriptors(),
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    heapBytes: heapAfterCollection(),
  };
}

function countDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
