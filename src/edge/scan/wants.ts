import { isScored, PARSED_BYTES } from '../../core/runs/formats/evaluator.ts';
import { ERROR_LOG, earlyStopOfProgress, factsOfLogTail, totalOfConfigDump } from '../../core/runs/formats/pylon.ts';
import { readPythonConfig } from '../../core/runs/python-config.ts';
import { HEAD_BYTES, TAIL_BYTES } from '../../core/runs/scan-program.ts';
import type { WalkAnswer, WalkAsk } from '../../core/runs/scan-protocol.ts';
import { ABSENT, isThere, parseStamp, UNKNOWN } from '../../core/runs/scan-protocol.ts';
import { outdatedBefore } from '../../core/runs/status.ts';
import type { Project } from '../../domain/run.ts';
import { keepsText, runIsComplete } from './run-facts.ts';
import type { RunMemory, RunRecord, Slot } from './run-record.ts';
import { formOf, formOfConfig, pathOf, takeAbsence, takeSource, takeStamp, takeWalk } from './run-record.ts';

/** One thing to ask a host, and what to do with the answer. */
export type Want = StampWant | WalkWant | ReadWant;

interface StampWant {
  readonly kind: 'stamp';
  readonly path: string;
  take(stamp: string): void;
}

interface WalkWant {
  readonly kind: 'walk';
  readonly ask: WalkAsk;
  /** `answer` is null where the folder cannot be entered. */
  take(answer: WalkAnswer | null, owner: string | null): void;
}

export interface ReadWant {
  readonly kind: 'head' | 'tail';
  readonly path: string;
  /** At most as long as this. */
  readonly bytes: number;
  /** `text` is null where the file cannot be read. */
  take(text: string | null): void;
}

/** `progress.json` and `config.json` are a few hundred bytes, a few thousand with long lists. */
const SMALL_FILE_BYTES = 4_096;

/** What is still to be learnt of a run at host time `now`; nothing when all that is known is of today's files. */
export function wantsOf(record: RunRecord, project: Project, now: number): Want[] {
  const { memory } = record;
  const wants = [...stampWants(record, ['config'], now), ...sourceWants(record)];
  if (memory.source?.python?.isRun === false) return wants;
  wants.push(...stampWants(record, ['dir', 'progress', 'error', 'log', 'partial'], now));
  if (memory.stamps.dir === ABSENT && !memory.missed) return [...wants, absenceWant(record, project)];
  if (!isThere(memory.stamps.dir)) return wants;
  if (isUnwalked(memory)) return [...wants, walkWant(record, project)];
  // The rest depends on what the config says.
  if (memory.source === null) return wants;
  return [
    ...wants,
    ...progressWants(record, project),
    ...textWants(record, project, now),
    ...(formOf(memory) === 'evaluator' ? [] : trainerWants(record, project, now)),
  ];
}

function trainerWants(record: RunRecord, project: Project, now: number): Want[] {
  return [...dumpWants(record), ...epochWants(record, project, now), ...sweepWants(record, project, now)];
}

/** Its work dir has changed since, or was walked when the config said another form. */
function isUnwalked(memory: RunMemory): boolean {
  return memory.walk?.of !== memory.stamps.dir || memory.walk.asked !== formOfConfig(memory);
}

function stampWants(record: RunRecord, slots: readonly Slot[], now: number): Want[] {
  return slots.flatMap((slot): Want[] => {
    const path = record.memory.stamps[slot] === UNKNOWN ? pathOf(record, slot) : null;
    return path === null ? [] : [{ kind: 'stamp', path, take: (stamp) => takeStamp(record, slot, stamp, now) }];
  });
}

function sourceWants({ memory, configPath }: RunRecord): Want[] {
  const of = memory.stamps.config;
  const stamp = parseStamp(of);
  if (stamp === null || memory.source?.of === of) return [];
  const take = (text: string | null): void => {
    takeSource(memory, of, text === null ? null : readPythonConfig(text));
  };
  return [{ kind: 'head', path: configPath, bytes: Math.min(stamp.size, HEAD_BYTES), take }];
}

function walkWant(record: RunRecord, project: Project): Want {
  const { walk } = record.memory;
  const ask: WalkAsk = {
    kind: 'walk',
    dir: record.dirPath,
    expectedFiles: project.expectedFiles,
    from: walk?.completed ?? 0,
    folders: walk?.folders ?? 0,
    form: formOfConfig(record.memory),
  };
  return {
    kind: 'walk',
    ask,
    take: (answer, owner) => takeWalk(record, ask.form, answer, owner),
  };
}

function absenceWant(record: RunRecord, { expectedFiles }: Project): Want {
  const ask: WalkAsk = { kind: 'walk', dir: record.dirPath, expectedFiles, from: 0, folders: 0, form: null };
  return { kind: 'walk', ask, take: (answer) => takeAbsence(record, answer) };
}

function progressWants(record: RunRecord, project: Project): Want[] {
  const { memory } = record;
  const of = memory.stamps.progress;
  if (!isThere(of) || memory.progress?.of === of || runIsComplete(record, project)) return [];
  const path = pathOf(record, 'progress') ?? '';
  if (formOf(memory) === 'evaluator') return [scoresWant(record, path, of)];
  const take = (text: string | null): void => {
    memory.progress = { of, stoppedAtEpoch: text === null ? null : earlyStopOfProgress(text), scored: false };
  };
  return [{ kind: 'head', path, bytes: SMALL_FILE_BYTES, take }];
}

function scoresWant({ memory }: RunRecord, path: string, of: string): Want {
  const size = parseStamp(of)?.size ?? 0;
  const take = (text: string | null): void => {
    memory.progress = { of, stoppedAtEpoch: null, scored: text !== null && isScored(text, size) };
  };
  return { kind: 'tail', path, bytes: size > PARSED_BYTES ? TAIL_BYTES : PARSED_BYTES, take };
}

/** The trainer's own dump, where the config's literals do not settle the total. */
function dumpWants({ memory, dirPath }: RunRecord): Want[] {
  const python = memory.source?.python;
  const of = memory.stamps.dir;
  if (memory.dump?.of === of || (python && !python.opaque && python.totalEpochs !== null)) return [];
  const take = (text: string | null): void => {
    memory.dump = { of, totalEpochs: text === null ? null : totalOfConfigDump(text) };
  };
  return [{ kind: 'head', path: `${dirPath}/config.json`, bytes: SMALL_FILE_BYTES, take }];
}

function textWants(record: RunRecord, project: Project, now: number): Want[] {
  const { stamps } = record.memory;
  const keep = keepsText(record, project, now);
  const wants: Want[] = [];
  const logPath = isThere(stamps.log) ? pathOf(record, 'log') : null;
  const unread = keep && record.logText?.of !== stamps.log;
  if (logPath !== null && (unread || needsLogFacts(record, project))) wants.push(logWant(record, logPath, keep));
  if (keep && (parseStamp(stamps.error)?.size ?? 0) > 0 && record.errorText?.of !== stamps.error) {
    const of = stamps.error;
    const take = (text: string | null): void => {
      record.errorText = { of, text: text ?? '' };
    };
    wants.push({ kind: 'tail', path: `${record.dirPath}/${ERROR_LOG}`, bytes: TAIL_BYTES, take });
  }
  return wants;
}

function logWant(record: RunRecord, path: string, keep: boolean): Want {
  const of = record.memory.stamps.log;
  const take = (text: string | null): void => {
    const said = factsOfLogTail(text ?? '');
    const before = record.memory.tail;
    // What it said before has only moved out of sight: a test stage writes much behind it.
    record.memory.tail = {
      of,
      stoppedAtEpoch: said.stoppedAtEpoch ?? before?.stoppedAtEpoch ?? null,
      totalEpochs: said.totalEpochs ?? before?.totalEpochs ?? null,
    };
    if (keep) record.logText = { of, text: text ?? '' };
  };
  return { kind: 'tail', path, bytes: TAIL_BYTES, take };
}

/** Only the log can tell that an incomplete run stopped early, or its total; that is worth one look even at a dead one. */
function needsLogFacts(record: RunRecord, project: Project): boolean {
  const { memory } = record;
  if (memory.tail?.of === memory.stamps.log || runIsComplete(record, project)) return false;
  if (formOf(memory) === 'evaluator') return false;
  const python = memory.source?.python;
  if (python && !python.mayStopEarly) return false;
  return (memory.walk?.completed ?? 0) > 0;
}

/** Epochs of which it is known when they became complete: enough to tell a run's pace. */
const DATED_EPOCHS = 24;

/** Dates the expected files of the last complete epochs: of one, or of many where the run may be going on. */
function epochWants(record: RunRecord, project: Project, now: number): Want[] {
  const { memory, dirPath } = record;
  const { completed, folders } = memory.walk ?? { completed: 0, folders: 0 };
  const of = `${completed}/${folders}`;
  const isActive = keepsText(record, project, now);
  const first = Math.max(isActive ? completed - DATED_EPOCHS : completed - 1, 0);
  const { epochs } = memory;
  const writing = signOfWriting(record, project);
  const isAsked = epochs.upTo > first && epochs.from <= first;
  const isKnown = isAsked && (epochs.of === writing || epochs.upTo < completed);
  if (completed === 0 || (memory.artifact?.of === of && isKnown)) return [];
  const from = isKnown ? epochs.upTo : first;
  const dates = new Map<number, number>();
  // The last epoch again, where only the number of folders has changed.
  return range(Math.min(from, completed - 1), completed).flatMap((epoch) =>
    project.expectedFiles.map((file): Want => {
      const take = (stamp: string): void => {
        const at = later(dates.get(epoch) ?? null, stamp);
        if (at !== null) dates.set(epoch, at);
        if (epoch === completed - 1)
          takeDates(memory, { of, completed, from: isKnown ? epochs.from : first, writing }, dates);
      };
      return { kind: 'stamp', path: `${dirPath}/epoch_${epoch}/${file}`, take };
    }),
  );
}

/**
 * Changes when an epoch may have been written again under its old name, as after a resume: with each epoch the trainer
 * writes `progress.json`, which is not looked at once the run is complete.
 */
function signOfWriting(record: RunRecord, project: Project): string {
  const { stamps } = record.memory;
  const { mtime, size } = parseStamp(runIsComplete(record, project) ? stamps.log : stamps.progress) ?? {};
  return `${mtime}:${size}`;
}

/** Joins the dates of epochs that were asked for to those known; a gap ends them. */
function takeDates(
  memory: RunMemory,
  { of, completed, from, writing }: { of: string; completed: number; from: number; writing: string },
  dates: ReadonlyMap<number, number>,
): void {
  const { upTo, times } = memory.epochs;
  const known = new Map(times.map((at, index) => [upTo - times.length + index, at]));
  for (const [epoch, at] of dates) known.set(epoch, at);
  const joined: number[] = [];
  for (let epoch = completed - 1; joined.length < DATED_EPOCHS; epoch -= 1) {
    const at = known.get(epoch);
    if (at === undefined) break;
    joined.unshift(at);
  }
  memory.epochs = { of: writing, from, upTo: completed, times: joined };
  memory.artifact = { of, at: joined.at(-1) ?? null, swept: false, newest: null };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

/** Before a run counts as outdated, all its epochs are looked through for a younger file. */
function sweepWants({ memory, dirPath }: RunRecord, project: Project, now: number): Want[] {
  const { artifact } = memory;
  if (artifact === null || artifact.at === null) return [];
  if (artifact.newest !== null) {
    const path = `${dirPath}/${artifact.newest}`;
    const take = (stamp: string): void => {
      artifact.at = later(artifact.at, stamp);
      artifact.newest = null;
    };
    return [{ kind: 'stamp', path, take }];
  }
  if (artifact.swept || artifact.at >= outdatedBefore(project.outdated, now)) return [];
  const ask: WalkAsk = {
    kind: 'sweep',
    dir: dirPath,
    expectedFiles: project.expectedFiles,
    from: 0,
    folders: 0,
    form: null,
  };
  const take = (answer: WalkAnswer | null): void => {
    artifact.swept = true;
    artifact.newest = answer?.kind === 'sweep' ? answer.newest : null;
  };
  return [{ kind: 'walk', ask, take }];
}

function later(at: number | null, stamp: string): number | null {
  const mtime = parseStamp(stamp)?.mtime ?? null;
  if (mtime === null) return at;
  return at === null ? mtime : Math.max(at, mtime);
}
