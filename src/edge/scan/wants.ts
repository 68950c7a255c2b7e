import { ERROR_LOG, earlyStopOfProgress, factsOfLogTail, totalOfConfigDump } from '../../core/runs/formats/pylon.ts';
import { readPythonConfig } from '../../core/runs/python-config.ts';
import { HEAD_BYTES, TAIL_BYTES } from '../../core/runs/scan-program.ts';
import type { WalkAnswer, WalkAsk } from '../../core/runs/scan-protocol.ts';
import { isThere, parseStamp, UNKNOWN } from '../../core/runs/scan-protocol.ts';
import { outdatedBefore } from '../../core/runs/status.ts';
import type { Project } from '../../domain/run.ts';
import { keepsText, runIsComplete } from './run-facts.ts';
import type { RunRecord, Slot } from './run-record.ts';
import { pathOf, takeStamp, takeWalk } from './run-record.ts';

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
  if (!isThere(memory.stamps.dir)) return wants;
  if (memory.walk?.of !== memory.stamps.dir) return [...wants, walkWant(record, project)];
  // The rest depends on what the config says.
  if (memory.source === null) return wants;
  return [
    ...wants,
    ...progressWants(record, project),
    ...dumpWants(record),
    ...textWants(record, project, now),
    ...artifactWants(record, project),
    ...sweepWants(record, project, now),
  ];
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
    memory.source = { of, python: text === null ? null : readPythonConfig(text) };
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
  };
  return {
    kind: 'walk',
    ask,
    take: (answer, owner) => takeWalk(record, answer?.kind === 'walk' ? answer.walk : null, owner),
  };
}

function progressWants(record: RunRecord, project: Project): Want[] {
  const { memory } = record;
  const of = memory.stamps.progress;
  if (!isThere(of) || memory.progress?.of === of || runIsComplete(record, project)) return [];
  const take = (text: string | null): void => {
    memory.progress = { of, stoppedAtEpoch: text === null ? null : earlyStopOfProgress(text) };
  };
  return [{ kind: 'head', path: `${record.dirPath}/progress.json`, bytes: SMALL_FILE_BYTES, take }];
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
    record.memory.tail = { of, ...factsOfLogTail(text ?? '') };
    if (keep) record.logText = { of, text: text ?? '' };
  };
  return { kind: 'tail', path, bytes: TAIL_BYTES, take };
}

/** Only the log can tell that an incomplete run stopped early, or its total; that is worth one look even at a dead one. */
function needsLogFacts(record: RunRecord, project: Project): boolean {
  const { memory } = record;
  if (memory.tail?.of === memory.stamps.log || runIsComplete(record, project)) return false;
  const python = memory.source?.python;
  if (python && !python.mayStopEarly) return false;
  return (memory.walk?.completed ?? 0) > 0;
}

/** Dates the expected files of the last complete epoch. */
function artifactWants({ memory, dirPath }: RunRecord, project: Project): Want[] {
  const { completed, folders } = memory.walk ?? { completed: 0, folders: 0 };
  const of = `${completed}/${folders}`;
  if (completed === 0 || memory.artifact?.of === of) return [];
  const take = (stamp: string): void => {
    const at = memory.artifact?.of === of ? memory.artifact.at : null;
    memory.artifact = { of, at: later(at, stamp), swept: false, newest: null };
  };
  return project.expectedFiles.map((file) => ({
    kind: 'stamp',
    path: `${dirPath}/epoch_${completed - 1}/${file}`,
    take,
  }));
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
  const ask: WalkAsk = { kind: 'sweep', dir: dirPath, expectedFiles: project.expectedFiles, from: 0, folders: 0 };
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
