import { isThere, UNKNOWN } from '../../core/runs/scan-protocol.ts';
import type { Project } from '../../domain/run.ts';
import { runIsComplete } from './run-facts.ts';
import type { RunRecord, Slot } from './run-record.ts';
import { formOf, pathOf, takeStamp } from './run-record.ts';

/** The files whose stamps one look compares. */
export interface WatchList {
  watch(record: RunRecord, slots: readonly Slot[]): void;
  /** Path and stamp as known. */
  known(): [string, string][];
  /** Takes over a stamp that differs, for the records that may change. */
  take(path: string, stamp: string, now: number, records: ReadonlySet<RunRecord>): void;
}

interface Watcher {
  readonly record: RunRecord;
  readonly slot: Slot;
}

export function createWatchList(): WatchList {
  const files = new Map<string, Watcher[]>();
  return {
    watch(record, slots) {
      for (const slot of slots) {
        const path = pathOf(record, slot);
        // A file that is not there shows in its work dir when it comes; one not yet looked at is asked for later.
        if (path === null || (slot !== 'dir' && !isThere(record.memory.stamps[slot]))) continue;
        const watchers = files.get(path);
        if (watchers === undefined) files.set(path, [{ record, slot }]);
        else watchers.push({ record, slot });
      }
    },
    known: () => [...files].map(([path, watchers]) => [path, commonStamp(watchers)]),
    take(path, stamp, now, records) {
      for (const { record, slot } of files.get(path) ?? []) {
        if (records.has(record)) takeStamp(record, slot, stamp, now);
      }
    },
  };
}

/** Of runs with the same work dir; not known where they know it differently. */
function commonStamp(watchers: readonly Watcher[]): string {
  const stamps = new Set(watchers.map(({ record, slot }) => record.memory.stamps[slot]));
  const [stamp = UNKNOWN] = stamps;
  return stamps.size === 1 ? stamp : UNKNOWN;
}

/** What can tell that there is something to learn of a run: two files where it is complete (and an evaluator's scores), up to five where not. */
export function slotsToWatch(record: RunRecord, project: Project): readonly Slot[] {
  if (record.memory.source?.python?.isRun === false) return [];
  if (!runIsComplete(record, project)) return ['dir', 'log', 'progress', 'error', 'partial'];
  return formOf(record.memory) === 'evaluator' ? ['dir', 'log', 'progress'] : ['dir', 'log'];
}
