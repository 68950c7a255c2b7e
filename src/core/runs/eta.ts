import type { Eta } from '../../domain/run.ts';
import type { Instant } from '../../domain/time.ts';
import { DAY } from '../../domain/time.ts';

export interface EtaFacts {
  /** When the last epochs became complete, in the bot's clock, oldest first and without a gap. */
  readonly epochTimes: readonly Instant[];
  /** How many epochs are complete: the last of `epochTimes` is that of this one. */
  readonly completed: number;
  readonly total: number | null;
  readonly now: Instant;
}

/** What the times of a run's epochs tell. */
export interface Pace {
  /** Milliseconds of each epoch that is still typical, oldest first: pauses are left out. */
  readonly durations: readonly number[];
  readonly lastAt: Instant;
  /** Epochs at the end that the run went back behind: it trains them again. */
  readonly lostEpochs: number;
}

/** Fewer give no spread worth the name. */
const LEAST_DURATIONS = 3;
/** An epoch that took this many times the median was a pause, unless it came again about as long. */
const PAUSE_FACTOR = 5;
const ABOUT_AS_LONG = 1.25;
/** An epoch counts half as much as one that came this many later: a new speed rules after some ten epochs. */
const HALF_LIFE = 10;
/** In this many times its longest epoch without a new one a run no longer keeps the pace it had. */
const LATE_EPOCHS = 5;
/** Four in five of normally distributed values are within so many standard deviations. */
const FOUR_IN_FIVE = 1.28;
/** A pace is never known better than this, however even its epochs were. */
const PACE_DOUBT = 0.02;
/** A pace that is known no better than this says nothing. */
const MOST_DOUBT = 0.5;
const FURTHEST_MS = 365 * DAY;

/**
 * When the run is complete if it keeps its present pace: null where there is no telling. Epochs that are
 * slow now and then count, a pause does not. The range holds how much epochs differ, how well their mean
 * is known, and that the pace may go on changing by as much as it did in the epochs that were seen; a
 * later pause is not in it.
 */
export function etaOf({ epochTimes, completed, total, now }: EtaFacts): Eta | null {
  const pace = paceOf(epochTimes);
  if (total === null || pace.durations.length < LEAST_DURATIONS) return null;
  const remaining = total - completed + pace.lostEpochs;
  if (remaining <= 0 || now - pace.lastAt > LATE_EPOCHS * Math.max(...pace.durations)) return null;
  const { mean, variance, meanError, degrees } = momentsOf(pace.durations);
  // Widens the range where the spread itself comes from a few values: close to Student's t.
  const deviations = FOUR_IN_FIVE * (1 + 1 / degrees);
  if (deviations * meanError > MOST_DOUBT * mean) return null;

  const doubt = Math.hypot(meanError, changeOf(pace.durations), PACE_DOUBT * mean);
  const share = (deviations * Math.hypot(Math.sqrt(variance / remaining), doubt)) / mean;
  // An epoch that is late may end at any moment.
  const from = Math.max(pace.lastAt, now - mean);
  const work = remaining * mean;
  if (from + work - now > FURTHEST_MS) return null;
  return {
    at: Math.max(now, Math.round(from + work)),
    low: Math.max(now, Math.floor(from + work / (1 + share))),
    high: Math.max(now, Math.ceil(from + work * (1 + share))),
  };
}

/** The mean time of an epoch at the present pace, in milliseconds, pauses left out; null before there is one. */
export function usualEpochMs(epochTimes: readonly Instant[]): number | null {
  const { durations } = paceOf(epochTimes);
  return durations.length === 0 ? null : Math.round(momentsOf(durations).mean);
}

/**
 * After a resume epochs are written again from the last checkpoint on: the newest one tells where the
 * run is, those behind it are old. Several epochs with the same time (a disk may keep whole seconds)
 * share the time since the one before.
 */
export function paceOf(epochTimes: readonly Instant[]): Pace {
  const lastAt = epochTimes.reduce((newest, at) => Math.max(newest, at), Number.NEGATIVE_INFINITY);
  const end = epochTimes.lastIndexOf(lastAt);
  const durations: number[] = [];
  let sharing = 1;
  for (let index = end; index > 0; index -= 1) {
    const elapsed = (epochTimes[index] ?? 0) - (epochTimes[index - 1] ?? 0);
    if (elapsed < 0) break;
    if (elapsed > 0) durations.push(...Array<number>(sharing).fill(elapsed / sharing));
    sharing = elapsed > 0 ? 1 : sharing + 1;
  }
  return { durations: withoutPauses(durations.reverse()), lastAt, lostEpochs: epochTimes.length - 1 - end };
}

function withoutPauses(durations: readonly number[]): number[] {
  const sorted = [...durations].sort((a, b) => a - b);
  // The lower of two, as of two epochs the long one is the pause.
  const limit = PAUSE_FACTOR * (sorted[Math.floor((sorted.length - 1) / 2)] ?? 0);
  const long = durations.filter((duration) => duration > limit);
  function comesAgain(duration: number): boolean {
    const alike = long.filter((other) => Math.max(other, duration) <= ABOUT_AS_LONG * Math.min(other, duration));
    return alike.length > 1;
  }
  return durations.filter((duration) => duration <= limit || comesAgain(duration));
}

/** Mean and variance in which newer ones count more, and what the mean may be wrong by (one standard deviation). */
function momentsOf(durations: readonly number[]) {
  const weights = durations.map((_, index) => 2 ** (-(durations.length - 1 - index) / HALF_LIFE));
  const sum = sumOf(weights);
  const mean = sumOf(durations.map((duration, index) => duration * (weights[index] ?? 0))) / sum;
  const squares = sumOf(durations.map((duration, index) => (duration - mean) ** 2 * (weights[index] ?? 0))) / sum;
  // As many values of equal weight would know the mean as well (Kish's effective sample size).
  const size = sum ** 2 / sumOf(weights.map((weight) => weight ** 2));
  const degrees = size - 1;
  const variance = degrees > 0 ? (squares * size) / degrees : 0;
  return { mean, variance, meanError: Math.sqrt(variance / size), degrees };
}

/** How far the mean of the newer half is from that of the older. */
function changeOf(durations: readonly number[]): number {
  const middle = Math.floor(durations.length / 2);
  return Math.abs(average(durations.slice(middle)) - average(durations.slice(0, middle)));
}

function average(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
