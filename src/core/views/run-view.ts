import type { HostState } from '../../domain/host.ts';
import type { Run } from '../../domain/run.ts';
import { DAY, type Instant, isoTime, SECOND } from '../../domain/time.ts';
import type { RunDetailView } from '../../domain/views.ts';
import { runsByPid } from '../runs/fleet.ts';
import { explainEnd } from '../signatures/explain-end.ts';
import { capped, printable } from './printable.ts';
import { runView } from './runs-view.ts';

/** What a person reads to see what a run is doing; more is in the log. */
const LAST_LINES = 20;
const LINE_LENGTH = 300;

export interface RunDetailFacts {
  /** The host that its process is on; null where there is none. */
  readonly host: HostState | null;
  /** The end of its newest log; hostile text. */
  readonly logTail: string | null;
  readonly now: Instant;
  /** Masks secrets. */
  readonly redact: (text: string) => string;
}

/** One run in full: how it goes, where it is, and what it wrote last. */
export function runDetailView(given: Run, { host, logTail, now, redact }: RunDetailFacts): RunDetailView {
  const run = { ...given, verdict: given.verdict ?? verdictOf(given, logTail, redact) };
  const { rhythm, verdict, lastUpdate } = run;
  return {
    schema: 'pylon.run/1',
    at: isoTime(now),
    ...runView(run, redact),
    rhythm: {
      epoch_s: rhythm.epochMs === null ? null : tenths(rhythm.epochMs / SECOND),
      epochs_per_day: rhythm.epochMs === null ? null : tenths(DAY / rhythm.epochMs),
      allowed_silence_s: Math.round(rhythm.allowedSilenceMs / SECOND),
    },
    sessions: run.sessions,
    silent_s: lastUpdate === null ? null : Math.max(0, Math.round((now - lastUpdate) / SECOND)),
    problem: run.problem,
    verdict:
      verdict === null
        ? null
        : { summary: verdict.summary, evidence: verdict.evidence.map(({ text }) => redact(text)) },
    log: run.newestLog?.path ?? null,
    last_lines: logTail === null ? [] : lastLines(logTail, redact),
    gpus: host === null ? [] : gpusOf(run, host),
  };
}

/** The logs of runs that died long ago are not looked at unless somebody asks. */
function verdictOf({ status }: Run, logTail: string | null, redact: (text: string) => string): Run['verdict'] {
  return logTail !== null && (status === 'failed' || status === 'stuck') ? explainEnd(redact(logTail)) : null;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function gpusOf(run: Run, { sample }: HostState): RunDetailView['gpus'] {
  if (sample === null) return [];
  const ours = runsByPid(sample, [run]);
  const processes = sample.gpuProcesses?.filter(({ pid }) => ours.has(pid)) ?? [];
  return (sample.gpus ?? []).flatMap(({ uuid, index, name, utilPct }) => {
    const here = processes.filter(({ gpuUuid }) => gpuUuid === uuid);
    if (here.length === 0) return [];
    const known = here.flatMap(({ memory }) => memory ?? []);
    const memory = known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
    return [{ host: sample.host, index, name, util_pct: utilPct, memory }];
  });
}

/** Where a progress bar wrote over its line, what stands there at the end. */
function lastLines(tail: string, redact: (text: string) => string): string[] {
  const lines = tail.trimEnd().split(/\r?\n/).slice(-LAST_LINES);
  // Cleaned first, so that no colour in the middle of a secret hides it.
  return lines.map((line) => capped(redact(printable(line.trimEnd().split('\r').at(-1) ?? '')), LINE_LENGTH));
}
