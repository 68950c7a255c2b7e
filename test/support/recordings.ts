import type { Random } from '../../src/domain/ports.ts';
import { DAY, HOUR, SECOND } from '../../src/domain/time.ts';
import { T0 } from './make.ts';

/** A whole run as it was written to disk, in the order of time. */
export interface Recording {
  readonly startedAt: number;
  readonly totalEpochs: number;
  /** The same epoch again where the run lost it and trained it a second time. */
  readonly writes: readonly { readonly epoch: number; readonly at: number }[];
}

/** What the disk shows at an instant. */
export interface Seen {
  readonly epochTimes: readonly number[];
  readonly completed: number;
  readonly total: number;
  readonly now: number;
}

interface Shape {
  /** Epochs of the run. */
  readonly epochs?: readonly [number, number];
  /** The shortest and longest usual epoch. */
  readonly epochMs?: readonly [number, number];
  /** Relative duration of an epoch, `done` is 0 to 1. */
  readonly factor: (epoch: number, done: number, random: Random) => number;
  /** Time off, and epochs that are trained again after it; somewhere between a twentieth and a quarter of the run. */
  readonly stop?: { readonly pauseMs: readonly [number, number]; readonly lostEpochs: number };
  readonly stampMs?: number;
}

const SHAPES = {
  regular: { factor: (_epoch, _done, random) => noise(random, 0.05) },
  'log-normal': { factor: (_epoch, _done, random) => Math.exp(0.35 * normal(random)) },
  stragglers: { factor: (_epoch, _done, random) => noise(random, 0.05) * (random() < 0.1 ? 3 : 1) },
  'long validation': { factor: (epoch, _done, random) => noise(random, 0.05) * (epoch % 5 === 4 ? 2.5 : 1) },
  drift: { factor: (_epoch, done, random) => noise(random, 0.05) * (1 + 0.5 * done) },
  'after a pause': {
    factor: (_epoch, _done, random) => noise(random, 0.05),
    stop: { pauseMs: [2 * HOUR, 2 * DAY], lostEpochs: 0 },
  },
  'after a restart': {
    factor: (_epoch, _done, random) => noise(random, 0.05),
    stop: { pauseMs: [60 * SECOND, 12 * HOUR], lostEpochs: 5 },
  },
  throttled: { factor: (_epoch, done, random) => noise(random, 0.05) * (done < 0.5 ? 1 : 1.6) },
  short: { epochs: [8, 10], factor: (_epoch, _done, random) => noise(random, 0.05) },
  'whole seconds': {
    epochMs: [0.4 * SECOND, 5 * SECOND],
    factor: (_epoch, _done, random) => noise(random, 0.1),
    stampMs: SECOND,
  },
} satisfies Record<string, Shape>;

export type RecordingKind = keyof typeof SHAPES;
export const RECORDING_KINDS = Object.keys(SHAPES) as RecordingKind[];

/** A made-up run of that kind: 60 to 200 epochs of half a minute to two hours where the kind says nothing else. */
export function makeRecording(kind: RecordingKind, random: Random): Recording {
  const shape: Shape = SHAPES[kind];
  const totalEpochs = Math.round(between(random, shape.epochs ?? [60, 200]));
  const [shortest, longest] = shape.epochMs ?? [30 * SECOND, 2 * HOUR];
  const epochMs = shortest * (longest / shortest) ** random();
  const stopAfter = Math.max(1, Math.round(totalEpochs * between(random, [0.05, 0.25])));
  const writes: { epoch: number; at: number }[] = [];
  let at = T0;
  function train(from: number, until: number): void {
    for (let epoch = from; epoch < until; epoch += 1) {
      at += epochMs * Math.max(0.05, shape.factor(epoch, epoch / totalEpochs, random));
      writes.push({ epoch, at: Math.floor(at / (shape.stampMs ?? 1)) * (shape.stampMs ?? 1) });
    }
  }
  train(0, shape.stop === undefined ? totalEpochs : stopAfter);
  if (shape.stop !== undefined) {
    at += between(random, shape.stop.pauseMs);
    train(Math.max(0, stopAfter - Math.floor(random() * (shape.stop.lostEpochs + 1))), totalEpochs);
  }
  return { startedAt: T0, totalEpochs, writes };
}

/** A moment in the epoch that follows when this share of the writing was done; the last 32 epochs are seen. */
export function seenAt({ writes, totalEpochs }: Recording, share: number, random: Random): Seen {
  const done = Math.max(1, Math.floor(writes.length * share));
  const last = writes[done - 1]?.at ?? 0;
  const now = last + random() * ((writes[done]?.at ?? last) - last);
  const times: number[] = [];
  for (const { epoch, at } of writes.slice(0, done)) times[epoch] = at;
  return { epochTimes: times.slice(-32), completed: times.length, total: totalEpochs, now };
}

export function endOf({ writes, startedAt }: Recording): number {
  return writes.at(-1)?.at ?? startedAt;
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function between(random: Random, [low, high]: readonly [number, number]): number {
  return low + (high - low) * random();
}

/** Around 1. */
function noise(random: Random, share: number): number {
  return 1 + share * normal(random);
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
