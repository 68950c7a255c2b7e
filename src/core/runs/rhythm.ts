import type { Rhythm } from '../../domain/run.ts';
import type { Instant } from '../../domain/time.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.ts';
import { paceOf, usualEpochMs } from './eta.ts';

export interface RhythmFacts {
  readonly sleepTimeMs: number;
  /** When the last epochs became complete, oldest first and without a gap. */
  readonly epochTimes: readonly Instant[];
  /** The longest silence of the log that the run went on after; null before the log was watched for a whole epoch. */
  readonly longestSilenceMs: number | null;
  readonly tail: LogPace | null;
}

/** What the end of a log tells of the pace; null where it does not say. */
export interface LogPace {
  /** The longest time between two lines that carry one. */
  readonly longestGapMs: number | null;
  /** How long before its last line the times go back without a jump. */
  readonly spanMs: number;
  /** Of the last epoch that was trained, and of the last validation. */
  readonly trainingMs: number | null;
  readonly validationMs: number | null;
  /** A training epoch is over, and nothing was said since but that validation runs. */
  readonly validating: boolean;
}

/** A silence is unusual when it is longer than this many times the longest that the run went on after. */
const SILENCE_FACTOR = 3;
/** An epoch is late after this many times the longest one that was no pause. */
const EPOCH_FACTOR = 1.5;
/** A silence of more epochs than this was a stop, and no part of the rhythm. */
const STOP_EPOCHS = 2;
/**
 * A hung run blocks its GPU, and is told within a day whatever was learned. Who has epochs of more than
 * 16 hours in which the log says nothing gives a longer `sleep_time`.
 */
const LONGEST_ALLOWED_MS = DAY;

/**
 * How long a live process may show no sign of life, never less than `sleepTimeMs`. Where the log is known
 * for a whole epoch its silences rule, at most as long as a late epoch; where it is not, an epoch's time
 * does; and while a validation runs, what the last one took, or the training before it.
 */
export function rhythmOf({ sleepTimeMs, epochTimes, longestSilenceMs, tail }: RhythmFacts): Rhythm {
  const epochMs = usualEpochMs(epochTimes) ?? epochOfLog(tail);
  const longestEpochMs = Math.max(epochMs ?? 0, ...paceOf(epochTimes).durations);
  const stopMs = epochMs === null ? Number.POSITIVE_INFINITY : STOP_EPOCHS * longestEpochMs;
  const watched = usual(longestSilenceMs, stopMs);
  const read = usual(tail?.longestGapMs ?? null, stopMs);

  const known = watched !== null || (read !== null && epochMs !== null && (tail?.spanMs ?? 0) >= longestEpochMs);
  const byLog = SILENCE_FACTOR * Math.max(watched ?? 0, read ?? 0);
  const byEpochs = epochMs === null ? byLog : EPOCH_FACTOR * longestEpochMs;
  const learned = Math.max(known ? Math.min(byLog, byEpochs) : byEpochs, validationSilence(tail));
  return { epochMs, allowedSilenceMs: Math.max(sleepTimeMs, Math.min(LONGEST_ALLOWED_MS, learned)) };
}

function epochOfLog(tail: LogPace | null): number | null {
  if (tail === null || tail.trainingMs === null || tail.validationMs === null) return null;
  return tail.trainingMs + tail.validationMs;
}

function usual(silenceMs: number | null, stopMs: number): number | null {
  return silenceMs !== null && silenceMs <= stopMs ? silenceMs : null;
}

/** The validation that is under way: nothing is known of the first but that it does not take longer than the training. */
function validationSilence(tail: LogPace | null): number {
  if (tail === null || !tail.validating) return 0;
  return tail.validationMs === null ? (tail.trainingMs ?? 0) : SILENCE_FACTOR * tail.validationMs;
}

/** What the trainer's logger puts in front: level and local time, or the level alone. */
const LINE = /^(?:\[[A-Z]{1,10}\] (\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) - |[A-Z]{1,10}: )/;
const EPOCH_TIME = /^(Training|Validation) epoch time: (\d{1,9}(?:\.\d{1,9})?) seconds/;
const VALIDATION_BEGINS = /^Running validation\b/;
/** An iteration of training, validation or test; one of the loggers puts it at the end of its line. */
const ITERATION = /(?:Training|Validation) \[Epoch \d|Test epoch \[Iteration \d/;

/** What the end of a log, hostile text of which the first line may be cut, says about the run's pace. */
export function readLogPace(text: string): LogPace {
  const stamps: number[] = [];
  let trainingMs: number | null = null;
  let validationMs: number | null = null;
  let validating = false;
  for (const line of text.split('\n')) {
    const prefix = LINE.exec(line);
    if (prefix === null) {
      if (ITERATION.test(line)) validating = false;
      continue;
    }
    const stamp = stampOf(prefix);
    if (stamp !== null) stamps.push(stamp);
    const message = line.slice(prefix[0].length);
    const [, phase, seconds] = EPOCH_TIME.exec(message) ?? [];
    if (phase === 'Training') trainingMs = Math.round(Number(seconds) * SECOND);
    if (phase === 'Validation') validationMs = Math.round(Number(seconds) * SECOND);
    if (phase === 'Training' || VALIDATION_BEGINS.test(message)) validating = true;
    if (phase === 'Validation' || ITERATION.test(message)) validating = false;
  }
  return { ...cadenceOf(stamps), trainingMs, validationMs, validating };
}

/** As if local time were UTC: only differences are used. null: no such time. */
function stampOf(prefix: RegExpExecArray): number | null {
  const [year, month, day, hour, minute, second] = prefix.slice(1).map(Number);
  const at = Date.UTC(year ?? Number.NaN, (month ?? 0) - 1, day, hour, minute, second);
  return Number.isNaN(at) ? null : at;
}

/** Local time jumps on by an hour in spring; the lines around it are some minutes apart at most. */
const SPRING_FORWARD = { from: HOUR, to: HOUR + 5 * MINUTE };

/**
 * A step back is no silence, nor is one on that may come from daylight saving time; how long the silences
 * before it were is still true, but the span starts anew.
 */
function cadenceOf(stamps: readonly number[]): Pick<LogPace, 'longestGapMs' | 'spanMs'> {
  let longestGapMs: number | null = null;
  let spanMs = 0;
  for (const [index, stamp] of stamps.entries()) {
    const gap = stamp - (stamps[index - 1] ?? stamp);
    if (gap < 0 || (gap >= SPRING_FORWARD.from && gap <= SPRING_FORWARD.to)) {
      spanMs = 0;
      continue;
    }
    if (index > 0) longestGapMs = Math.max(longestGapMs ?? 0, gap);
    spanMs += gap;
  }
  return { longestGapMs, spanMs };
}
