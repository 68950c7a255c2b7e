import type { Project, Run, RunFacts, RunProcess, Verdict } from '../../domain/run.ts';
import { runId } from '../../domain/run.ts';
import type { Instant } from '../../domain/time.ts';
import { SECOND } from '../../domain/time.ts';
import { etaOf } from './eta.ts';
import { isComplete, progressOf } from './progress.ts';
import { type LogPace, rhythmOf } from './rhythm.ts';
import { decideStatus, hasEnded, sameFile } from './status.ts';

export interface RunContext {
  readonly project: Project;
  readonly now: Instant;
  /** How far the clock of the host that was read is ahead of ours. */
  readonly clockSkewMs: number;
  /** The run's live process, from `findRunProcesses`. */
  readonly process: RunProcess | null;
  /** Hosts of `runsOn` whose process table is not known now. */
  readonly unseenHosts: ReadonlySet<string>;
  readonly previous: Run | null;
  readonly reader: TailReader;
}

/** What the end of a log tells. It is asked of the same texts again and again. */
export interface TailReader {
  /** Why a run died; null where there is no fatal error. */
  explain(logTail: string): Verdict | null;
  pace(logTail: string): LogPace;
}

/** `ps` tells elapsed time, so that a start wanders by a second between probes. */
const START_TOLERANCE_MS = 2 * SECOND;

/** One run as everybody sees it: what the disk says, its process, and what was known before. */
export function buildRun(facts: RunFacts, context: RunContext): Run {
  const { project, now, clockSkewMs, unseenHosts, previous } = context;
  const process = steadyProcess(context);
  const verdict = verdictOf(facts, context);
  const epochTimes = facts.pace.epochTimes.map((at) => at - clockSkewMs);
  const rhythm = rhythmOf({
    sleepTimeMs: project.sleepTimeMs,
    epochTimes,
    longestSilenceMs: facts.pace.longestSilenceMs,
    tail: process === null || facts.logTail === null ? null : context.reader.pace(facts.logTail),
  });
  const progress = progressOf(facts);
  const { status, reason } = decideStatus(facts, {
    now,
    clockSkewMs,
    sleepTimeMs: project.sleepTimeMs,
    allowedSilenceMs: rhythm.allowedSilenceMs,
    outdated: project.outdated,
    process,
    processesKnown: unseenHosts.size === 0,
    previous,
    verdict,
  });
  return {
    id: runId(facts.project, facts.config),
    project: facts.project,
    config: facts.config,
    workDir: facts.workDir,
    format: facts.format,
    owner: facts.owner,
    status,
    reason,
    progress,
    rhythm,
    eta:
      status === 'running' && !isComplete(progress)
        ? etaOf({ epochTimes, completed: progress.completedEpochs, total: progress.totalEpochs, now })
        : null,
    process,
    ended: process === null && hasEnded(facts, previous),
    host: process?.host ?? previous?.host ?? project.readFrom,
    sessions: facts.sessions,
    lastUpdate: lastUpdate(facts, clockSkewMs),
    newestLog: facts.newestLog,
    verdict: status === 'failed' || status === 'stuck' ? verdict : null,
    problem: facts.problem,
  };
}

/** A process on a host that cannot be asked is taken to live on; one seen before keeps its start. */
function steadyProcess({ process, previous, unseenHosts }: RunContext): RunProcess | null {
  const before = previous?.process ?? null;
  if (before === null) return process;
  if (process === null) return unseenHosts.has(before.host) ? before : null;
  if (process.host !== before.host || process.pid !== before.pid) return process;
  if (process.startedAt === null || before.startedAt === null) return process;
  return Math.abs(process.startedAt - before.startedAt) <= START_TOLERANCE_MS ? before : process;
}

/** A log that has not changed is not explained twice, and its tail may have been dropped meanwhile. */
function verdictOf(facts: RunFacts, { previous, reader }: RunContext): Verdict | null {
  if (previous?.verdict && sameFile(previous.newestLog, facts.newestLog)) return previous.verdict;
  return facts.logTail === null ? null : reader.explain(facts.logTail);
}

function lastUpdate(facts: RunFacts, clockSkewMs: number): Instant | null {
  const signs = [facts.newestLog?.mtime ?? null, facts.newestArtifactAt].filter((at) => at !== null);
  return signs.length === 0 ? null : Math.max(...signs) - clockSkewMs;
}
