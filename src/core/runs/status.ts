import type { FileStamp, Project, Run, RunFacts, RunProcess, RunReason, RunStatus, Verdict } from '../../domain/run.ts';
import type { Instant } from '../../domain/time.ts';
import { SECOND } from '../../domain/time.ts';
import { isComplete, progressOf } from './progress.ts';

export interface StatusContext {
  readonly now: Instant;
  /** How far the clock of the host that was read is ahead of ours. Times in the facts are that host's. */
  readonly clockSkewMs: number;
  readonly sleepTimeMs: number;
  /** What the run's rhythm allows a live process to be silent; at least `sleepTimeMs`. */
  readonly allowedSilenceMs: number;
  readonly outdated: Project['outdated'];
  /** The live process with this run's command; the one seen last while its host cannot be asked. */
  readonly process: RunProcess | null;
  /** false: a host where it may live could not be asked, so that no process does not mean none. */
  readonly processesKnown: boolean;
  readonly previous: Run | null;
  /** The fatal error at the end of the newest log. */
  readonly verdict: Verdict | null;
}

export interface Decision {
  readonly status: RunStatus;
  readonly reason: RunReason;
}

/** How long a log with a fatal end must be silent where no process was ever seen. */
const FATAL_SILENCE_MS = 10 * SECOND;

/**
 * The status of a run, first match wins: failed at once, running, complete (outdated or finished), stuck, failed.
 *
 * A young log means running even when all epochs are there, as the test stage writes on. It does not
 * when the run's process was seen and is gone: then a complete run is over, and so is one whose log
 * ends in a fatal error. An incomplete one without such an end waits for `sleepTimeMs`, and while its
 * process lives for as long as its rhythm allows.
 */
export function decideStatus(facts: RunFacts, context: StatusContext): Decision {
  if (facts.problem !== null) return { status: lastKnown(context), reason: 'unreadable' };
  const progress = progressOf(facts);
  const complete = isComplete(progress);
  if (facts.format === 'nerfstudio') return decideNerfstudio(facts, context, complete);
  if (!complete && failedAtOnce(facts, context)) return { status: 'failed', reason: 'fatal-error' };
  if (logIsActive(facts, context) && !(complete && processEnded(facts, context))) {
    return { status: 'running', reason: 'log-active' };
  }
  if (complete) return decideComplete(facts, context, progress.earlyStopped);
  if (context.process !== null) return decideSilent(facts, context, context.process);
  return { status: 'failed', reason: failureReason(facts, context) };
}

/** It writes no log: it is active while its process lives, and never stuck. */
function decideNerfstudio(facts: RunFacts, context: StatusContext, complete: boolean): Decision {
  if (context.process !== null) return { status: 'running', reason: 'process-alive' };
  if (complete) return decideComplete(facts, context, false);
  return { status: 'failed', reason: facts.newestArtifactAt === null ? 'never-started' : 'stopped-writing' };
}

function lastKnown({ process, previous }: StatusContext): RunStatus {
  return previous?.status ?? (process === null ? 'failed' : 'running');
}

function decideComplete(facts: RunFacts, context: StatusContext, earlyStopped: boolean): Decision {
  const artifact = facts.newestArtifactAt;
  if (artifact !== null && artifact - context.clockSkewMs < outdatedBefore(context.outdated, context.now)) {
    return { status: 'outdated', reason: 'no-recent-epoch' };
  }
  return { status: 'finished', reason: earlyStopped ? 'early-stopped' : 'complete' };
}

/** A complete run whose newest expected file is older than this is outdated. */
export function outdatedBefore(outdated: Project['outdated'], now: Instant): Instant {
  if (outdated === null) return Number.NEGATIVE_INFINITY;
  return 'before' in outdated ? outdated.before : now - outdated.olderThanMs;
}

/** A live process with an old log: a start and a written epoch are signs of life too. */
function decideSilent(facts: RunFacts, context: StatusContext, process: RunProcess): Decision {
  const { now, clockSkewMs, allowedSilenceMs } = context;
  const written = [facts.newestArtifactAt, facts.newestLog?.mtime ?? null];
  const signs = [process.startedAt, ...written.map((at) => (at === null ? null : at - clockSkewMs))];
  const alive = signs.some((at) => at !== null && now - at <= allowedSilenceMs);
  return alive ? { status: 'running', reason: 'process-alive' } : { status: 'stuck', reason: 'silent-process' };
}

function failureReason(facts: RunFacts, context: StatusContext): RunReason {
  const hasLeftTraces = facts.newestLog !== null || facts.errorLogAt !== null || facts.completedEpochs > 0;
  if (!hasLeftTraces) return 'never-started';
  return context.verdict === null ? 'stopped-writing' : 'fatal-error';
}

function logAge(facts: RunFacts, context: StatusContext): number {
  if (facts.newestLog === null) return Number.POSITIVE_INFINITY;
  return context.now + context.clockSkewMs - facts.newestLog.mtime;
}

function logIsActive(facts: RunFacts, context: StatusContext): boolean {
  return logAge(facts, context) <= context.sleepTimeMs;
}

function failedAtOnce(facts: RunFacts, context: StatusContext): boolean {
  if (context.verdict === null || context.process !== null) return false;
  if (processEnded(facts, context) || hasEnded(facts, context.previous)) return true;
  return context.processesKnown && logAge(facts, context) >= FATAL_SILENCE_MS;
}

/** Its process was seen and is gone; or it was over before, and nothing was written since. */
function processEnded(facts: RunFacts, { process, previous }: StatusContext): boolean {
  if (process !== null || previous === null) return false;
  if (previous.process !== null) return true;
  const { status, verdict, newestLog } = previous;
  const wasOver = status === 'finished' || status === 'outdated' || (status === 'failed' && verdict !== null);
  return wasOver && sameFile(newestLog, facts.newestLog);
}

/** The process of this start was seen alive, now or earlier; where none is seen any more, it has ended. */
export function hasEnded({ sessions }: RunFacts, previous: Run | null): boolean {
  if (previous === null || previous.sessions !== sessions) return false;
  return previous.process !== null || previous.ended;
}

export function sameFile(a: FileStamp | null, b: FileStamp | null): boolean {
  return a?.path === b?.path && a?.mtime === b?.mtime && a?.size === b?.size;
}
