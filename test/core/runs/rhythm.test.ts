import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type LogPace, type RhythmFacts, readLogPace, rhythmOf } from '../../../src/core/runs/rhythm.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/domain/time.ts';
import { T0 } from '../../support/make.ts';

function times(...durations: number[]): number[] {
  let at = T0;
  return [at, ...durations.map((duration) => (at += duration))];
}

function hours(count: number, each: number): number[] {
  return times(...Array<number>(count).fill(each * HOUR));
}

function makePace(over: Partial<LogPace> = {}): LogPace {
  return { longestGapMs: null, spanMs: 0, trainingMs: null, validationMs: null, validating: false, ...over };
}

const SLEEP = 3 * MINUTE;

function rhythm(over: Partial<RhythmFacts>) {
  return rhythmOf({ sleepTimeMs: SLEEP, epochTimes: [], longestSilenceMs: null, tail: null, ...over });
}

describe('allowed silence', () => {
  const sixHours = hours(10, 6);
  const everySecond = makePace({ longestGapMs: SECOND, spanMs: 3 * MINUTE });
  const afterTraining = makePace({ longestGapMs: SECOND, spanMs: MINUTE, trainingMs: 20 * MINUTE, validating: true });
  const cases: [string, Partial<RhythmFacts>, number][] = [
    ['nothing is known: sleep_time', {}, SLEEP],
    ['sleep_time is longer than all', { sleepTimeMs: DAY * 2, epochTimes: sixHours }, DAY * 2],
    ['a log of once an epoch: half an epoch more', { epochTimes: sixHours }, 9 * HOUR],
    ['such a log that was watched too', { epochTimes: sixHours, longestSilenceMs: 6 * HOUR }, 9 * HOUR],
    [
      'a log of every second, watched',
      { epochTimes: sixHours, longestSilenceMs: 90 * SECOND, tail: everySecond },
      270 * SECOND,
    ],
    ['a log of every second, watched: sleep_time', { epochTimes: sixHours, longestSilenceMs: 2 * SECOND }, SLEEP],
    ['a log of every second, not watched for an epoch yet', { epochTimes: sixHours, tail: everySecond }, 9 * HOUR],
    [
      'a log whose end holds an epoch',
      { epochTimes: hours(5, 1), tail: makePace({ longestGapMs: 5 * MINUTE, spanMs: HOUR }) },
      15 * MINUTE,
    ],
    [
      'a validation of ten minutes that was watched',
      { epochTimes: hours(9, 1), longestSilenceMs: 10 * MINUTE },
      30 * MINUTE,
    ],
    ['a first validation', { tail: afterTraining }, 20 * MINUTE],
    [
      'a first validation, the training was watched',
      { longestSilenceMs: 5 * SECOND, tail: afterTraining },
      20 * MINUTE,
    ],
    [
      'a validation, and the one before took ten minutes',
      { epochTimes: hours(9, 1), longestSilenceMs: SECOND, tail: { ...afterTraining, validationMs: 10 * MINUTE } },
      30 * MINUTE,
    ],
    [
      'epochs known from the log alone',
      { tail: makePace({ trainingMs: 50 * MINUTE, validationMs: 10 * MINUTE }) },
      90 * MINUTE,
    ],
    ['no epoch yet, a log of every five minutes', { tail: makePace({ longestGapMs: 5 * MINUTE }) }, 15 * MINUTE],
    ['a day off in the watched log', { epochTimes: hours(10, 1), longestSilenceMs: DAY }, 1.5 * HOUR],
    [
      'a day off in the watched log, whose end holds an epoch',
      {
        epochTimes: hours(10, 1),
        longestSilenceMs: DAY,
        tail: makePace({ longestGapMs: 4 * MINUTE, spanMs: 2 * HOUR }),
      },
      12 * MINUTE,
    ],
    ['a day off between epochs', { epochTimes: times(HOUR, HOUR, DAY, HOUR) }, 1.5 * HOUR],
    [
      'an epoch in five is long',
      { epochTimes: times(...[1, 1, 1, 1, 3, 1, 1].map((each) => each * HOUR)) },
      4.5 * HOUR,
    ],
    ['a day at most: epochs of two days', { epochTimes: hours(4, 48) }, DAY],
    ['a day at most: a silence of ten hours before the first epoch', { longestSilenceMs: 10 * HOUR }, DAY],
    ['a day at most: hostile log', { tail: makePace({ trainingMs: 1e12, validationMs: 1e12, validating: true }) }, DAY],
  ];
  for (const [name, facts, expected] of cases) {
    it(name, () => assert.equal(rhythm(facts).allowedSilenceMs, expected));
  }

  it('is never less than sleep_time, nor more than it and a day', () => {
    const silence = fc.option(fc.integer({ min: 0, max: 5 * DAY }));
    const pace = fc.record({
      longestGapMs: silence,
      spanMs: fc.integer({ min: 0, max: DAY }),
      trainingMs: silence,
      validationMs: silence,
      validating: fc.boolean(),
    });
    const facts = fc.record({
      sleepTimeMs: fc.integer({ min: 1, max: 2 * DAY }),
      epochTimes: fc.array(fc.integer({ min: T0, max: T0 + 9 * DAY })),
      longestSilenceMs: silence,
      tail: fc.option(pace),
    });
    fc.assert(
      fc.property(facts, (known) => {
        const { allowedSilenceMs } = rhythmOf(known);
        assert.ok(allowedSilenceMs >= known.sleepTimeMs && allowedSilenceMs <= Math.max(DAY, known.sleepTimeMs));
      }),
    );
  });
});

describe('usual epoch of a rhythm', () => {
  const tail = makePace({ trainingMs: 50 * MINUTE, validationMs: 10 * MINUTE });
  const cases: [string, Partial<RhythmFacts>, number | null][] = [
    ['unknown', {}, null],
    ['from the disk', { epochTimes: times(2 * HOUR, 2 * HOUR, DAY, 2 * HOUR), tail }, 2 * HOUR],
    ['from the log before there are two on disk', { epochTimes: [T0], tail }, HOUR],
    ['not from a training without its validation', { tail: makePace({ trainingMs: HOUR }) }, null],
  ];
  for (const [name, facts, expected] of cases) {
    it(name, () => assert.equal(rhythm(facts).epochMs, expected));
  }
});

/** Lines at these times of one day. */
function logAt(...clockTimes: string[]): string {
  return clockTimes.map((time) => `[INFO] 2026-03-29 ${time} - Training [Epoch 3/90][Iteration 1/9].`).join('\n');
}

describe('pace told by a log', () => {
  const cadence: [string, string, number | null, number][] = [
    ['nothing', '', null, 0],
    ['one line', logAt('10:00:00'), null, 0],
    ['two in a second', logAt('10:00:00', '10:00:00'), 0, 0],
    ['some', logAt('10:00:00', '10:00:05', '10:10:05', '10:10:06'), 10 * MINUTE, 606 * SECOND],
    ['over midnight', `[INFO] 2026-12-31 23:59:50 - a\n[ERROR] 2027-01-01 00:00:10 - b`, 20 * SECOND, 20 * SECOND],
    ['other lines between', `${logAt('10:00:00')}\nTraceback\n\n====\n${logAt('10:00:07')}`, 7 * SECOND, 7 * SECOND],
    ['a first line that is cut', `26-03-29 09:00:00 - x\n${logAt('10:00:00', '10:00:01')}`, SECOND, SECOND],
    ['line ends of Windows', logAt('10:00:00', '10:00:01').replaceAll('\n', '\r\n'), SECOND, SECOND],
    ['an hour in spring', logAt('01:59:50', '03:00:10', '03:00:40'), 30 * SECOND, 30 * SECOND],
    ['an hour back in autumn', logAt('02:59:50', '02:00:10', '02:00:40'), 30 * SECOND, 30 * SECOND],
    ['the clock was put back', logAt('20:00:00', '10:00:00', '10:00:03'), 3 * SECOND, 3 * SECOND],
    ['two hours of silence', logAt('10:00:00', '12:00:00'), 2 * HOUR, 2 * HOUR],
    ['no times: the other logger', 'INFO: a\nINFO: b', null, 0],
    ['a time in the middle of a line', `x ${logAt('10:00:00')}\nx ${logAt('11:30:00')}`, null, 0],
    ['letters for digits', '[INFO] 2026-0x-29 10:00:00 - a\n[INFO] 2026-03-29 10:00:00 - b', null, 0],
  ];
  for (const [name, text, longestGapMs, spanMs] of cadence) {
    it(`in times: ${name}`, () => {
      const pace = readLogPace(text);
      assert.deepEqual([pace.longestGapMs, pace.spanMs], [longestGapMs, spanMs]);
    });
  }

  const AT = '[INFO] 2026-03-29 10:00:00 - ';
  const phases: [string, string[], Partial<LogPace>][] = [
    ['training', [`${AT}Training [Epoch 3/90][Iteration 1/9]. loss: 0.1`], {}],
    ['training is over', [`${AT}Training epoch time: 512.33 seconds.`], { trainingMs: 512_330, validating: true }],
    [
      'a page break behind it',
      [`${AT}Training epoch time: 512 seconds.`, AT, `${AT}${'='.repeat(100)}`],
      { trainingMs: 512_000, validating: true },
    ],
    [
      'a warning behind it',
      [`${AT}Training epoch time: 5 seconds.`, 'UserWarning: slow'],
      { trainingMs: 5_000, validating: true },
    ],
    ['validation runs', [`${AT}Running validation on 200 batches`], { validating: true }],
    [
      'a validation that tells its iterations',
      [`${AT}Running validation`, `${AT}Validation [Epoch 3/90][Iteration 1/9].`],
      {},
    ],
    [
      'both are over',
      [`${AT}Training epoch time: 8 seconds.`, `${AT}Validation epoch time: 2.5 seconds.`],
      { trainingMs: 8_000, validationMs: 2_500 },
    ],
    [
      'the last of several',
      [`${AT}Validation epoch time: 1 seconds.`, `${AT}Validation epoch time: 2 seconds.`],
      { validationMs: 2_000 },
    ],
    [
      'the next epoch',
      [`${AT}Training epoch time: 8 seconds.`, `${AT}Training [Epoch 4/90][Iteration 1/9].`],
      { trainingMs: 8_000 },
    ],
    ['the test', [`${AT}Training epoch time: 8 seconds.`, `${AT}Test epoch [Iteration 1/9].`], { trainingMs: 8_000 }],
    ['the other logger', ['INFO: Training epoch time: 8 seconds.'], { trainingMs: 8_000, validating: true }],
    [
      'its iterations',
      ['INFO: Training epoch time: 8 seconds.', 'loss: 0.1, iteration_info: Training [Epoch 4/90][Iteration 1/9]'],
      { trainingMs: 8_000 },
    ],
    [
      'quoted by another line',
      [`${AT}config: Training epoch time: 8 seconds.`, 'Validation epoch time: 9 seconds.'],
      {},
    ],
    ['no number', [`${AT}Training epoch time: nan seconds.`, `${AT}Training epoch time: -5 seconds.`], {}],
    ['too long a number', [`${AT}Validation epoch time: ${'9'.repeat(400)} seconds.`], {}],
  ];
  for (const [name, lines, expected] of phases) {
    it(`in words: ${name}`, () => {
      const { longestGapMs: _gap, spanMs: _span, ...said } = readLogPace(lines.join('\n'));
      assert.deepEqual(said, { trainingMs: null, validationMs: null, validating: false, ...expected });
    });
  }

  it('takes any text, and gives only what rhythm can use', () => {
    const word = fc.constantFrom(
      AT,
      'INFO: ',
      'Training epoch time: ',
      '9.5 seconds.',
      'Running validation',
      '\n',
      '\r',
      '[',
    );
    const text = fc.array(fc.oneof(word, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (hostile) => {
        const { longestGapMs, spanMs, trainingMs, validationMs } = readLogPace(hostile);
        for (const value of [longestGapMs ?? 0, spanMs, trainingMs ?? 0, validationMs ?? 0]) {
          assert.ok(Number.isFinite(value) && value >= 0, String(value));
        }
      }),
    );
  });

  it('takes time in proportion to the text', () => {
    const hostile = [
      `${AT}${'Training '.repeat(200_000)}`,
      '[A'.repeat(500_000),
      `${AT}Training epoch time: ${'1'.repeat(1e6)}`,
    ];
    const from = process.cpuUsage();
    for (const line of hostile) readLogPace(line);
    readLogPace(`${AT}x\n`.repeat(50_000));
    assert.ok(process.cpuUsage(from).user < 2e6);
  });
});
