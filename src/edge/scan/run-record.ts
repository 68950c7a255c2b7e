import { z } from 'zod';
import { ERROR_LOG, workDirOf } from '../../core/runs/formats/pylon.ts';
import type { Stamp, Walk } from '../../core/runs/scan-protocol.ts';
import { ABSENT, isRegular, parseStamp, UNKNOWN } from '../../core/runs/scan-protocol.ts';
import type { Project } from '../../domain/run.ts';

const stamp = z.string();
const count = z.int().nonnegative();

/**
 * What has been learnt of one run, kept over restarts. Whatever was derived from files carries as `of`
 * the stamps it was derived from, and is learnt again when they differ: there is no other bookkeeping.
 */
export const memorySchema = z.object({
  config: z.string(),
  stamps: z.object({ config: stamp, dir: stamp, log: stamp, progress: stamp, error: stamp, partial: stamp }),
  /** The config file; `python` is null where it could not be read. */
  source: z
    .object({
      of: stamp,
      python: z
        .object({
          isRun: z.boolean(),
          totalEpochs: count.nullable(),
          kind: z.enum(['trainer', 'evaluator', 'unknown']),
          opaque: z.boolean(),
          mayStopEarly: z.boolean(),
        })
        .nullable(),
    })
    .nullable(),
  walk: z
    .object({
      of: stamp,
      completed: count,
      folders: count,
      logs: count,
      newestLog: z.string().nullable(),
      partial: z.string().nullable(),
    })
    .nullable(),
  unreadable: z.boolean(),
  owner: z.string().nullable(),
  progress: z.object({ of: stamp, stoppedAtEpoch: count.nullable() }).nullable(),
  /** The trainer's `config.json`. */
  dump: z.object({ of: stamp, totalEpochs: count.nullable() }).nullable(),
  tail: z.object({ of: stamp, stoppedAtEpoch: count.nullable(), totalEpochs: count.nullable() }).nullable(),
  /** The newest expected file: of the last complete epoch, or of all where `swept`; `newest` still has to be dated. */
  artifact: z
    .object({ of: z.string(), at: z.number().nullable(), swept: z.boolean(), newest: z.string().nullable() })
    .nullable(),
  /** Its log has changed while it was known: worth reading even when it is no longer young. */
  watched: z.boolean(),
});

export type RunMemory = z.infer<typeof memorySchema>;
export type Slot = keyof RunMemory['stamps'];

interface Text {
  readonly of: string;
  readonly text: string;
}

export interface RunRecord {
  readonly config: string;
  readonly workDir: string;
  /** Absolute. */
  readonly configPath: string;
  readonly dirPath: string;
  readonly memory: RunMemory;
  /** Ends of the newest log and of `error.log`; not kept over restarts. */
  logText: Text | null;
  errorText: Text | null;
}

export function createRecord(project: Project, config: string, memory: RunMemory = newMemory(config)): RunRecord {
  const root = project.root.replace(/\/+$/, '');
  const workDir = workDirOf(config);
  return {
    config,
    workDir,
    configPath: `${root}/${config}`,
    dirPath: `${root}/${workDir}`,
    memory,
    logText: null,
    errorText: null,
  };
}

function newMemory(config: string): RunMemory {
  return {
    config,
    stamps: { config: UNKNOWN, dir: UNKNOWN, log: ABSENT, progress: UNKNOWN, error: UNKNOWN, partial: ABSENT },
    source: null,
    walk: null,
    unreadable: false,
    owner: null,
    progress: null,
    dump: null,
    tail: null,
    artifact: null,
    watched: false,
  };
}

/** Absolute path of a watched file; null where there is none. */
export function pathOf({ configPath, dirPath, memory }: RunRecord, slot: Slot): string | null {
  if (slot === 'config') return configPath;
  if (slot === 'dir') return dirPath;
  const name = nameInDir(memory, slot);
  return name === null ? null : `${dirPath}/${name}`;
}

function nameInDir({ walk }: RunMemory, slot: Exclude<Slot, 'config' | 'dir'>): string | null {
  if (slot === 'progress') return 'progress.json';
  if (slot === 'error') return ERROR_LOG;
  return (slot === 'log' ? walk?.newestLog : walk?.partial) ?? null;
}

/** Larger configs are not read. */
export const MAX_CONFIG_BYTES = 1_000_000;

/** A file that changed so shortly ago may change again within the same second, unseen. */
const UNSETTLED_MS = 2_000;

/**
 * Takes over how a file looks at host time `now`. The stamp of a file that was changed just then is
 * marked, so that it differs from the next one in any case.
 */
export function takeStamp(record: RunRecord, slot: Slot, seen: string, now: number): void {
  const { memory } = record;
  const before = memory.stamps[slot];
  const parsed = parseStamp(seen);
  const current = parsed !== null && parsed.mtime >= now - UNSETTLED_MS ? `${seen}~` : seen;
  if (current === before) return;
  memory.stamps[slot] = current;
  // The total may have been changed for this start.
  if (slot === 'dir' && before !== UNKNOWN) memory.stamps.config = UNKNOWN;
  if (slot === 'config' && parsed !== null && !isConfig(parsed)) memory.source = { of: current, python: null };
  if (slot === 'dir') forgetContent(memory, current);
  if (slot === 'partial' && before !== UNKNOWN && memory.walk !== null) memory.walk.of = '';
  if (slot === 'log' && parseStamp(before) !== null) memory.watched = true;
}

function isConfig(stamp: Stamp): boolean {
  return isRegular(stamp) && stamp.size <= MAX_CONFIG_BYTES;
}

/** The work dir changed: files that were not in it may be now; when it is gone, so are they all. */
function forgetContent(memory: RunMemory, dir: string): void {
  const { stamps } = memory;
  if (dir === ABSENT) {
    Object.assign(stamps, { log: ABSENT, progress: ABSENT, error: ABSENT, partial: ABSENT });
    Object.assign(memory, { walk: null, unreadable: false, owner: null, progress: null, dump: null, tail: null });
    memory.artifact = null;
    return;
  }
  if (stamps.progress === ABSENT) stamps.progress = UNKNOWN;
  if (stamps.error === ABSENT) stamps.error = UNKNOWN;
}

export function takeWalk({ memory }: RunRecord, walk: Walk | null, owner: string | null): void {
  const before = memory.walk;
  memory.unreadable = walk === null;
  memory.owner = owner ?? memory.owner;
  const seen = walk ?? { completed: 0, folders: 0, logs: 0, newestLog: null, partial: null };
  memory.walk = { of: memory.stamps.dir, ...seen };
  if (seen.completed === 0) memory.artifact = null;
  if (seen.newestLog !== (before?.newestLog ?? null)) {
    memory.stamps.log = seen.newestLog === null ? ABSENT : UNKNOWN;
    if (before !== null) memory.watched = true;
  }
  if (seen.partial !== (before?.partial ?? null)) memory.stamps.partial = seen.partial === null ? ABSENT : UNKNOWN;
}
