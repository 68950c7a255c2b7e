import { etaOf } from '../src/core/runs/eta.ts';
import type { Random } from '../src/domain/ports.ts';
import {
  endOf,
  makeRecording,
  RECORDING_KINDS,
  type RecordingKind,
  seeded,
  seenAt,
} from '../test/support/recordings.ts';
import { percentile } from './measure.ts';
import type { Row } from './row.ts';

const RUNS = 400;
const SHARES = [0.25, 0.5, 0.75];
const SEED = 1;

/** Kinds whose pace goes on changing: an ETA tells what the present one leads to. */
const UNFORESEEN: readonly RecordingKind[] = ['drift', 'throttled'];

/** Backtest: what would have been told in the course of runs whose end is known. */
export const etaRows: readonly Row<undefined>[] = RECORDING_KINDS.map((kind) => ({
  name: `ETA at 25, 50, 75 % of ${RUNS} runs: ${kind}`,
  goal: UNFORESEEN.includes(kind) ? 'none: what is to come is not known' : 'median error 10 %, range holds 80 %',
  measure: () => Promise.resolve(backtest(kind)),
}));

function backtest(kind: RecordingKind) {
  const stages = SHARES.map((share) => judgeRuns(kind, share, seeded(SEED)));
  return {
    measured: stages.map(({ errors, held }) => `${errorsOf(errors)}, holds ${heldOf(held)}`).join('\n'),
    baseline: `elapsed / completed:\n${stages.map(({ plain }) => errorsOf(plain)).join('\n')}`,
  };
}

/** Errors as a share of the time that remained; runs without an ETA do not count. */
function judgeRuns(kind: RecordingKind, share: number, random: Random) {
  const errors: number[] = [];
  const plain: number[] = [];
  const held: boolean[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const recording = makeRecording(kind, random);
    const seen = seenAt(recording, share, random);
    const eta = etaOf(seen);
    if (eta === null) continue;
    const end = endOf(recording);
    const perEpoch = (seen.now - recording.startedAt) / seen.completed;
    errors.push(Math.abs(eta.at - end) / (end - seen.now));
    held.push(eta.low <= end && end <= eta.high);
    plain.push(Math.abs(seen.now + perEpoch * (seen.total - seen.completed) - end) / (end - seen.now));
  }
  return { errors, plain, held };
}

function errorsOf(errors: readonly number[]): string {
  if (errors.length === 0) return 'none yet';
  return `${percent(percentile(errors, 0.5))} (p90 ${percent(percentile(errors, 0.9))})`;
}

function heldOf(held: readonly boolean[]): string {
  return held.length === 0 ? '-' : percent(held.filter(Boolean).length / held.length);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
