import { isComplete, progressOf } from '../../core/runs/progress.ts';
import { isThere, parseStamp } from '../../core/runs/scan-protocol.ts';
import type { Project, RunFacts } from '../../domain/run.ts';
import { DAY, HOUR } from '../../domain/time.ts';
import type { RunRecord } from './run-record.ts';
import { formOf, pathOf } from './run-record.ts';

/** Ends of logs are read and kept while the log is young, */
const YOUNG_LOG_MS = HOUR;
/** or for this long where the run was seen alive. */
const WATCHED_LOG_MS = 7 * DAY;

/** What the disk says of a run. Times are those of the host that was read. */
export function factsOf(record: RunRecord, project: Project): RunFacts {
  const { memory } = record;
  const log = parseStamp(memory.stamps.log);
  const logPath = pathOf(record, 'log');
  const error = parseStamp(memory.stamps.error);
  const isEvaluator = formOf(memory) === 'evaluator';
  return {
    project: project.name,
    config: record.config,
    workDir: record.workDir,
    format: isEvaluator ? 'evaluator' : 'pylon',
    totalEpochs: totalEpochs(record, project),
    workDirExists: isThere(memory.stamps.dir),
    completedEpochs: completedEpochs(record),
    newestArtifactAt: isEvaluator ? (parseStamp(memory.stamps.progress)?.mtime ?? null) : (memory.artifact?.at ?? null),
    newestLog: log === null || logPath === null ? null : { path: logPath, mtime: log.mtime, size: log.size },
    errorLogAt: (error?.size ?? 0) > 0 ? (error?.mtime ?? null) : null,
    sessions: memory.walk?.logs ?? 0,
    logTail: textOf(record),
    earlyStop: earlyStop(record),
    pace: paceOf(record),
    owner: memory.owner,
    problem: memory.fault,
  };
}

/** The config's own figure; where it may be another one, what the trainer wrote down comes first. */
function totalEpochs({ memory }: RunRecord, project: Project): number | null {
  if (formOf(memory) === 'evaluator') return 1;
  const python = memory.source?.python ?? null;
  if (python !== null && !python.opaque && python.totalEpochs !== null) return python.totalEpochs;
  return memory.dump?.totalEpochs ?? memory.tail?.totalEpochs ?? python?.totalEpochs ?? project.epochs;
}

/** An evaluator has done what it has to do, or not. */
function completedEpochs({ memory }: RunRecord): number {
  if (formOf(memory) === 'evaluator') return isScored(memory) ? 1 : 0;
  return memory.walk?.completed ?? 0;
}

function isScored({ progress, stamps }: RunRecord['memory']): boolean {
  return progress !== null && progress.of === stamps.progress && progress.scored;
}

function paceOf({ memory: { epochs, silence } }: RunRecord): RunFacts['pace'] {
  const { now, before } = silence;
  return { epochTimes: epochs.times, longestSilenceMs: before === null ? null : Math.max(before, now ?? 0) };
}

/** Of two claims the one that agrees with the disk. */
function earlyStop({ memory }: RunRecord): RunFacts['earlyStop'] {
  const ofLog = memory.tail?.of === memory.stamps.log ? memory.tail.stoppedAtEpoch : null;
  const ofProgress = memory.progress?.of === memory.stamps.progress ? memory.progress.stoppedAtEpoch : null;
  const claims = [ofProgress, ofLog].filter((claim) => claim !== null);
  const atEpoch = claims.find((claim) => claim === memory.walk?.completed) ?? claims[0];
  return atEpoch === undefined ? null : { atEpoch };
}

/** The end of the newest log; what the last start wrote into `error.log` behind it. */
function textOf({ memory, logText, errorText }: RunRecord): string | null {
  const texts = [logText?.text];
  const log = parseStamp(memory.stamps.log);
  const error = parseStamp(memory.stamps.error);
  if (error !== null && (log === null || error.mtime >= log.mtime - YOUNG_LOG_MS)) texts.push(errorText?.text);
  const known = texts.filter((text) => text !== undefined && text !== '');
  return known.length === 0 ? null : known.join('\n');
}

export function runIsComplete(record: RunRecord, project: Project): boolean {
  return isComplete(
    progressOf({
      completedEpochs: completedEpochs(record),
      totalEpochs: totalEpochs(record, project),
      earlyStop: earlyStop(record),
    }),
  );
}

/** Whether the end of the log may tell why a run died: not of complete runs, nor of those that were long dead at first sight. */
export function keepsText(record: RunRecord, project: Project, now: number): boolean {
  const { stamps, watched } = record.memory;
  if (runIsComplete(record, project)) return false;
  const times = [stamps.log, stamps.error].map((stamp) => parseStamp(stamp)?.mtime ?? Number.NEGATIVE_INFINITY);
  const age = now - Math.max(...times);
  const limit = watched ? WATCHED_LOG_MS : Math.max(YOUNG_LOG_MS, project.sleepTimeMs);
  return age <= limit;
}
