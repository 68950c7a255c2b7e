import { z } from 'zod';
import { SCORES_FILE } from '../../core/runs/formats/evaluator.ts';
import { ERROR_LOG, workDirOf } from '../../core/runs/formats/pylon.ts';
import type { PythonConfig } from '../../core/runs/python-config.ts';
import { MAX_HEAD_BYTES } from '../../core/runs/scan-program.ts';
import type { Stamp, WalkAnswer, WalkForm } from '../../core/runs/scan-protocol.ts';
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
      /** What the config said then; null: to be told by how the folder looks. */
      asked: z.enum(['trainer', 'evaluator']).nullable(),
      form: z.enum(['trainer', 'evaluator']),
      completed: count,
      folders: count,
      logs: count,
      newestLog: z.string().nullable(),
      partial: z.string().nullable(),
    })
    .nullable(),
  /** Why its work dir cannot be read. */
  fault: z.string().nullable(),
  /** Whether it was asked why there is no work dir. */
  missed: z.boolean(),
  owner: z.string().nullable(),
  /** `progress.json` of a trainer, or the scores of an evaluator. */
  progress: z.object({ of: stamp, stoppedAtEpoch: count.nullable(), scored: z.boolean() }).nullable(),
  /** The trainer's `config.json`. */
  dump: z.object({ of: stamp, totalEpochs: count.nullable() }).nullable(),
  tail: z.object({ of: stamp, stoppedAtEpoch: count.nullable(), totalEpochs: count.nullable() }).nullable(),
  /** The newest expected file: of the last complete epoch, or of all where `swept`; `newest` still has to be dated. */
  artifact: z
    .object({ of: z.string(), at: z.number().nullable(), swept: z.boolean(), newest: z.string().nullable() })
    .nullable(),
  /** Its log has changed while it was known: worth reading even when it is no longer young. */
  watched: z.boolean(),
  /**
   * When the last epochs became complete, in the host's clock: those from `from` on and before `upTo` were asked for.
   * `of` is the stamp of what is written whenever one of them is written again.
   */
  epochs: z.object({ of: stamp, from: count, upTo: count, times: z.array(z.number()) }),
  /** The longest silence of the log, in ms: since the last epoch, and in the epoch before; null where not seen whole. */
  silence: z.object({ now: count.nullable(), before: count.nullable() }),
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
    watched: false,
    ...emptyContent(),
  };
}

/** What is known of a work dir in which nothing has been seen. */
function emptyContent() {
  return {
    walk: null,
    fault: null,
    missed: false,
    owner: null,
    progress: null,
    dump: null,
    tail: null,
    artifact: null,
    epochs: noEpochs(),
    silence: { now: null, before: null },
  };
}

function noEpochs(): RunMemory['epochs'] {
  return { of: UNKNOWN, from: 0, upTo: 0, times: [] };
}

/** Absolute path of a watched file; null where there is none. */
export function pathOf({ configPath, dirPath, memory }: RunRecord, slot: Slot): string | null {
  if (slot === 'config') return configPath;
  if (slot === 'dir') return dirPath;
  const name = nameInDir(memory, slot);
  return name === null ? null : `${dirPath}/${name}`;
}

function nameInDir(memory: RunMemory, slot: Exclude<Slot, 'config' | 'dir'>): string | null {
  const { walk } = memory;
  if (slot === 'progress') return progressFile(formOf(memory));
  if (slot === 'error') return ERROR_LOG;
  return (slot === 'log' ? walk?.newestLog : walk?.partial) ?? null;
}

function progressFile(form: WalkForm | null): string | null {
  if (form === null) return null;
  return form === 'evaluator' ? SCORES_FILE : 'progress.json';
}

/** What the config says, else what its work dir looks like; null before either is known. */
export function formOf(memory: RunMemory): WalkForm | null {
  return formOfConfig(memory) ?? memory.walk?.form ?? null;
}

export function formOfConfig({ source }: RunMemory): WalkForm | null {
  const kind = source?.python?.kind ?? 'unknown';
  return kind === 'unknown' ? null : kind;
}

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
  if (slot === 'config' && parsed !== null && !isConfig(parsed)) takeSource(memory, current, null);
  if (slot === 'dir') forgetContent(memory, current);
  if (slot === 'partial' && before !== UNKNOWN && memory.walk !== null) memory.walk.of = '';
  if (slot === 'log') heardOf(memory, parseStamp(before), parsed);
}

/** What a config with the stamp `of` says; null where it cannot be read. */
export function takeSource(memory: RunMemory, of: string, python: PythonConfig | null): void {
  // Nobody has looked at the work dir of what was no run.
  if (memory.source?.python?.isRun === false) {
    memory.stamps.dir = UNKNOWN;
    memory.walk = null;
  }
  memory.source = { of, python };
}

/** The log has changed: it is alive, and was silent for so long at most. */
function heardOf(memory: RunMemory, before: Stamp | null, now: Stamp | null): void {
  if (before === null) return;
  memory.watched = true;
  if (now === null || now.size < before.size) return;
  const { silence } = memory;
  if (silence.now !== null) silence.now = Math.max(silence.now, now.mtime - before.mtime);
}

function isConfig(stamp: Stamp): boolean {
  return isRegular(stamp) && stamp.size <= MAX_HEAD_BYTES;
}

/** The work dir changed: files that were not in it may be now, and others not; when it is gone, so are they all. */
function forgetContent(memory: RunMemory, dir: string): void {
  const { stamps } = memory;
  if (dir === ABSENT) {
    Object.assign(stamps, { log: ABSENT, progress: ABSENT, error: ABSENT, partial: ABSENT });
    Object.assign(memory, emptyContent());
    return;
  }
  stamps.progress = UNKNOWN;
  stamps.error = UNKNOWN;
}

/** There is no work dir: of a run that has never begun, or at the end of a broken link. */
export function takeAbsence({ memory }: RunRecord, answer: WalkAnswer | null): void {
  memory.missed = true;
  memory.fault = answer?.kind === 'dangling' ? faultOf(answer) : null;
}

function faultOf(answer: WalkAnswer | null): string | null {
  if (answer?.kind === 'walk') return null;
  if (answer?.kind === 'dangling') return 'the work dir is a link that leads nowhere';
  const epoch = answer?.kind === 'unreadable' ? answer.epoch : null;
  return epoch === null ? 'the work dir cannot be read' : `${epoch} cannot be read`;
}

/** Takes the answer to a walk that was `asked` for a form. */
export function takeWalk(
  { memory }: RunRecord,
  asked: WalkForm | null,
  answer: WalkAnswer | null,
  owner: string | null,
): void {
  const before = memory.walk;
  const walk = answer?.kind === 'walk' ? answer.walk : null;
  memory.fault = faultOf(answer);
  memory.owner = owner ?? memory.owner;
  const seen = walk ?? { form: asked ?? 'trainer', completed: 0, folders: 0, logs: 0, newestLog: null, partial: null };
  memory.walk = { of: memory.stamps.dir, asked, ...seen };
  if (seen.completed === 0) memory.artifact = null;
  if (seen.completed < memory.epochs.upTo) memory.epochs = noEpochs();
  if (before !== null && seen.completed > before.completed) {
    memory.silence = { now: 0, before: memory.silence.now };
  }
  // It was looked for under the other form's name.
  if (before !== null && seen.form !== before.form) memory.stamps.progress = UNKNOWN;
  takeNewestLog(memory, before);
  if (seen.partial !== (before?.partial ?? null)) memory.stamps.partial = seen.partial === null ? ABSENT : UNKNOWN;
}

function takeNewestLog(memory: RunMemory, before: RunMemory['walk']): void {
  const { stamps, tail, walk } = memory;
  const newestLog = walk?.newestLog ?? null;
  const isAnother = newestLog !== (before?.newestLog ?? null);
  if (isAnother) stamps.log = newestLog === null ? ABSENT : UNKNOWN;
  if (isAnother && before !== null) memory.watched = true;
  const isAnew = isAnother || (walk?.completed ?? 0) < (before?.completed ?? 0);
  // What the log before said of an early stop is over.
  if (isAnew && tail !== null) tail.stoppedAtEpoch = null;
}
