import assert from 'node:assert/strict';
import fc from 'fast-check';
import { etaOf, paceOf, usualEpochMs } from '../../../src/core/runs/eta.ts';
import type { Eta } from '../../../src/domain/run.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/domain/time.ts';
import { T0 } from '../../support/make.ts';
import { endOf, makeRecording, RECORDING_KINDS, type RecordingKind, seeded, seenAt } from '../../support/recordings.ts';

/** Epochs that took so long, one after the other. */
function timesOf(durations: readonly number[]): number[] {
  let at = T0;
  return [at, ...durations.map((duration) => (at += duration))];
}

/** The ETA of a run of 100 epochs just after its last epoch, or so much later. */
function etaAfter(durations: readonly number[], { later = 0, completed = 50, total = 100 as number | null } = {}) {
  const epochTimes = timesOf(durations);
  const now = (epochTimes.at(-1) ?? T0) + later;
  return { eta: etaOf({ epochTimes, completed, total, now }), now };
}

function hours(count: number, each = HOUR): number[] {
  return Array<number>(count).fill(each);
}

function assertAbout(actual: number | undefined, expected: number, share: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= share * expected, `${actual}, not ${expected}`);
}

describe('eta of a run', () => {
  it('goes on at the pace of its epochs', () => {
    const { eta, now } = etaAfter(hours(31), { later: 20 * MINUTE });
    assert.equal(eta?.at, now - 20 * MINUTE + 50 * HOUR);
    assertAbout(eta.at - eta.low, 0.03 * 50 * HOUR, 0.2);
    assertAbout(eta.high - eta.at, 0.03 * 50 * HOUR, 0.2);
  });

  const present: [string, number[], number, number][] = [
    ['a pause of two days', [...hours(20), 2 * DAY, ...hours(10)], HOUR, 0.001],
    ['a pause in the only epoch but three', [HOUR, DAY, HOUR, HOUR], HOUR, 0.001],
    ['one slow epoch', [...hours(25), 2 * HOUR, ...hours(5)], HOUR, 0.06],
    ['every tenth epoch slow', [...hours(9), 3 * HOUR, ...hours(9), 3 * HOUR, ...hours(9)], 1.2 * HOUR, 0.1],
    ['a long test every tenth', [...hours(9), 8 * HOUR, ...hours(9), 8 * HOUR, ...hours(9)], 1.7 * HOUR, 0.25],
    ['half as fast for 25 epochs', [...hours(6), ...hours(25, 2 * HOUR)], 2 * HOUR, 0.08],
    ['twice as fast for 25 epochs', [...hours(6, 2 * HOUR), ...hours(25)], HOUR, 0.16],
    ['whole seconds', [0, SECOND, 0, SECOND, SECOND, 0, 0, SECOND, 0, SECOND], SECOND / 2, 0.15],
    ['epochs in front that were written again', [HOUR, HOUR, -3 * HOUR, ...hours(5, 2 * HOUR)], 2 * HOUR, 0.001],
  ];
  for (const [name, durations, epochMs, share] of present) {
    it(`knows the pace behind: ${name}`, () => {
      const { eta, now } = etaAfter(durations);
      assert.ok(eta !== null);
      assertAbout(eta.at - now, 50 * epochMs, share);
    });
  }

  it('counts from the epoch that is written again, not from old ones behind it', () => {
    const epochTimes = timesOf(hours(20));
    const resumedAt = (epochTimes.at(-1) ?? 0) + DAY;
    epochTimes[15] = resumedAt + HOUR;
    epochTimes[16] = resumedAt + 2 * HOUR;
    assert.equal(paceOf(epochTimes).lostEpochs, 4);
    const now = resumedAt + 2 * HOUR;
    assert.equal(etaOf({ epochTimes, completed: 21, total: 30, now })?.at, now + 13 * HOUR);
    assert.equal(etaOf({ epochTimes, completed: 21, total: 21, now })?.at, now + 4 * HOUR);
  });

  it('starts at now when an epoch is late', () => {
    const { eta, now } = etaAfter(hours(10), { later: 3 * HOUR });
    assert.equal(eta?.at, now + 49 * HOUR);
    const last = etaAfter(hours(10), { later: 3 * HOUR, completed: 99 });
    assert.deepEqual([last.eta?.low, last.eta?.at], [last.now, last.now]);
  });

  const none: [string, number[], { later?: number; completed?: number; total?: number | null }][] = [
    ['the total is not known', hours(10), { total: null }],
    ['nothing is complete', [], { completed: 0 }],
    ['two durations', hours(2), {}],
    ['two durations and a pause', [HOUR, DAY, HOUR], {}],
    ['a copied folder: all times are the same', hours(20, 0), {}],
    ['a copied folder and three epochs', [...hours(20, SECOND), ...hours(3)], {}],
    ['a spread that says nothing', [HOUR, 3.9 * HOUR, 0.9 * HOUR], {}],
    ['complete', hours(10), { completed: 100 }],
    ['more than complete', hours(10), { completed: 120 }],
    ['silent for more than five epochs', hours(10), { later: 5.1 * HOUR }],
    ['more than a year to go', hours(10), { total: 50 + 24 * 366 }],
    ['times that go back', [-HOUR, -HOUR, -HOUR], {}],
  ];
  for (const [name, durations, over] of none) {
    it(`is not told: ${name}`, () => assert.equal(etaAfter(durations, over).eta, null));
  }

  it('has a wider range where epochs differ, and where they are few', () => {
    function widthOf(durations: readonly number[]): number {
      const { eta } = etaAfter(durations);
      return eta === null ? 0 : eta.high - eta.low;
    }
    const uneven = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? HOUR : 1.5 * HOUR));
    assert.ok(widthOf(uneven) > 2 * widthOf(hours(30, 1.25 * HOUR)));
    assert.ok(widthOf(uneven.slice(0, 5)) > 1.5 * widthOf(uneven));
  });
});

describe('usual time of an epoch', () => {
  const cases: [string, number[], number | null][] = [
    ['no epoch', [], null],
    ['one that may have been a pause', [HOUR], HOUR],
    ['of two the longer one is the pause', [DAY, HOUR], HOUR],
    ['a pause among some', [HOUR, HOUR, DAY, HOUR], HOUR],
  ];
  for (const [name, durations, expected] of cases) {
    it(name, () => assert.equal(usualEpochMs(timesOf(durations)), expected));
  }

  it('is not known from no time or one', () => {
    assert.equal(usualEpochMs([]), null);
    assert.equal(usualEpochMs([T0]), null);
  });
});

describe('eta of recorded runs', () => {
  /** Even who knows the pace is wrong by some 9 % in the median, as the slow epochs to come are not known. */
  const mostError: Partial<Record<RecordingKind, number>> = { stragglers: 0.13 };
  /** From what share of the run on its pace can be known. */
  const knownFrom: Partial<Record<RecordingKind, number>> = { throttled: 0.75, drift: 0.75, short: 0.5 };
  for (const kind of RECORDING_KINDS) {
    it(`misses by little of the remaining time, in the median: ${kind}`, () => {
      for (const share of [0.25, 0.5, 0.75].filter((share) => share >= (knownFrom[kind] ?? 0))) {
        const random = seeded(2);
        const results = Array.from({ length: 200 }, () => {
          const recording = makeRecording(kind, random);
          const seen = seenAt(recording, share, random);
          return { eta: etaOf(seen), now: seen.now, end: endOf(recording) };
        }).filter((result): result is { eta: Eta; now: number; end: number } => result.eta !== null);
        const near = results.filter(
          ({ eta, now, end }) => Math.abs(eta.at - end) <= (mostError[kind] ?? 0.1) * (end - now),
        );
        const held = results.filter(({ eta, end }) => eta.low <= end && end <= eta.high);
        assert.ok(results.length >= 180, `${results.length} of 200 runs have one at ${share}`);
        assert.ok(near.length >= results.length / 2, `${near.length} of ${results.length} near at ${share}`);
        const leastHeld = kind === 'drift' ? 0.3 : 0.8;
        assert.ok(held.length >= leastHeld * results.length, `${held.length} of ${results.length} held at ${share}`);
      }
    });
  }
});

describe('eta of any run', () => {
  const anyRun = fc.record({
    durations: fc.array(fc.integer({ min: -10 * SECOND, max: 2 * HOUR }), { maxLength: 31 }),
    completed: fc.integer({ min: 0, max: 200 }),
    remaining: fc.integer({ min: -3, max: 300 }),
    later: fc.integer({ min: -HOUR, max: 3 * HOUR }),
  });

  it('is in order and not in the past', () => {
    fc.assert(
      fc.property(anyRun, ({ durations, completed, remaining, later }) => {
        const { eta, now } = etaAfter(durations, { completed, total: completed + remaining, later });
        if (eta !== null) assert.ok(now <= eta.low && eta.low <= eta.at && eta.at <= eta.high && eta.high < Infinity);
      }),
    );
  });

  /** Epochs that are even enough to tell. */
  const steadyRun = fc.record({
    durations: fc.array(fc.integer({ min: 20 * MINUTE, max: 40 * MINUTE }), { minLength: 5, maxLength: 31 }),
    remaining: fc.integer({ min: 1, max: 300 }),
    later: fc.integer({ min: 0, max: HOUR }),
  });

  function tell(durations: readonly number[], remaining: number, later: number, from = 0): Eta {
    const epochTimes = timesOf(durations).map((at) => at + from);
    const now = (epochTimes.at(-1) ?? 0) + later;
    const eta = etaOf({ epochTimes, completed: 40, total: 40 + remaining, now });
    assert.ok(eta !== null);
    return { at: eta.at - now, low: eta.low - now, high: eta.high - now };
  }

  it('is later when more epochs remain', () => {
    fc.assert(
      fc.property(steadyRun, fc.integer({ min: 1, max: 50 }), ({ durations, remaining, later }, more) => {
        const [less, further] = [tell(durations, remaining, later), tell(durations, remaining + more, later)];
        assert.ok(less.at < further.at && less.low <= further.low && less.high < further.high);
      }),
    );
  });

  it('doubles with all durations', () => {
    fc.assert(
      fc.property(steadyRun, ({ durations, remaining, later }) => {
        const once = tell(durations, remaining, later);
        const twice = tell(
          durations.map((duration) => 2 * duration),
          remaining,
          2 * later,
        );
        for (const key of ['at', 'low', 'high'] as const) assert.ok(Math.abs(twice[key] - 2 * once[key]) <= 2);
      }),
    );
  });

  it('moves with the clock', () => {
    fc.assert(
      fc.property(
        steadyRun,
        fc.integer({ min: -1000 * DAY, max: 1000 * DAY }),
        ({ durations, remaining, later }, by) => {
          const [here, there] = [tell(durations, remaining, later), tell(durations, remaining, later, by)];
          for (const key of ['at', 'low', 'high'] as const) assert.ok(Math.abs(here[key] - there[key]) <= 1);
        },
      ),
    );
  });
});
