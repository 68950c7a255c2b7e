import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import {
  afterDigest,
  type DueDigest,
  dueDigest,
  firstDigests,
  lastSlot,
  nextSlot,
  type SlotSettings,
} from '../../../src/core/digest/slots.ts';
import { DAY, HOUR, isoTime, MINUTE } from '../../../src/domain/time.ts';

const BERLIN: SlotSettings = { summaryTime: '23:59', timeZone: 'Europe/Berlin' };

const at = Date.parse;

/** Zone, the local date on which clocks change, and the slots of 00:30, 01:30, 02:30 and 09:00 on it. */
const DST_DAYS: readonly [string, string, string, readonly [string, string, string, string]][] = [
  ['Europe/Berlin', '2026-03-29', 'forward at 02:00', ['28T23:30', '29T00:30', '29T01:30', '29T07:00']],
  ['Europe/Berlin', '2026-10-25', 'back at 03:00', ['24T22:30', '24T23:30', '25T00:30', '25T08:00']],
  ['Europe/London', '2026-03-29', 'forward at 01:00', ['29T00:30', '29T01:30', '29T01:30', '29T08:00']],
  ['Europe/London', '2026-10-25', 'back at 02:00', ['24T23:30', '25T00:30', '25T02:30', '25T09:00']],
  ['America/New_York', '2026-03-08', 'forward at 02:00', ['08T05:30', '08T06:30', '08T07:30', '08T13:00']],
  ['America/New_York', '2026-11-01', 'back at 02:00', ['01T04:30', '01T05:30', '01T07:30', '01T14:00']],
  [
    'Australia/Lord_Howe',
    '2026-10-04',
    'half an hour forward at 02:00',
    ['03T14:00', '03T15:00', '03T15:30', '03T22:00'],
  ],
  ['Australia/Lord_Howe', '2026-04-05', 'half an hour back at 02:00', ['04T13:30', '04T14:30', '04T16:00', '04T22:30']],
  ['America/Santiago', '2026-09-06', 'forward at midnight', ['06T04:30', '06T04:30', '06T05:30', '06T12:00']],
  ['America/Santiago', '2026-04-05', 'back at midnight', ['05T04:30', '05T05:30', '05T06:30', '05T13:00']],
  ['Asia/Kolkata', '2026-03-29', 'no change', ['28T19:00', '28T20:00', '28T21:00', '29T03:30']],
  ['Asia/Kolkata', '2026-10-25', 'no change', ['24T19:00', '24T20:00', '24T21:00', '25T03:30']],
];

describe('slots of digests', () => {
  for (const [timeZone, date, change, slots] of DST_DAYS) {
    for (const [index, summaryTime] of ['00:30', '01:30', '02:30', '09:00'].entries()) {
      it(`${timeZone} on ${date} (${change}) at ${summaryTime}`, () => {
        const settings = { summaryTime, timeZone };
        const expected = `${date.slice(0, 8)}${slots[index]}:00.000Z`;
        const noon = DateTime.fromISO(`${date}T12:00`, { zone: timeZone });
        assert.equal(isoTime(lastSlot(noon.toMillis(), settings).at), expected);
        assert.equal(lastSlot(noon.toMillis(), settings).label, noon.minus({ days: 1 }).toISODate());
        assert.equal(isoTime(nextSlot(at(expected) - 1, settings).at), expected);
        assert.equal(lastSlot(at(expected), settings).at, at(expected));
      });
    }
  }

  it('a time that exists twice counts once, the first', () => {
    const settings = { summaryTime: '23:30', timeZone: 'America/Santiago' };
    const first = at('2026-04-05T02:30:00Z');
    assert.deepEqual(nextSlot(first - 1, settings), { at: first, label: '2026-04-04' });
    assert.deepEqual(nextSlot(first, settings), { at: at('2026-04-06T03:30:00Z'), label: '2026-04-05' });
  });

  it('a slot that is moved past midnight keeps its date', () => {
    const settings = { summaryTime: '23:59', timeZone: 'America/Nuuk' };
    const moved = at('2026-03-29T01:59:00Z');
    assert.equal(DateTime.fromMillis(moved, { zone: settings.timeZone }).toISODate(), '2026-03-29');
    assert.deepEqual(lastSlot(moved, settings), { at: moved, label: '2026-03-28' });
    assert.equal(nextSlot(moved, settings).label, '2026-03-29');
  });

  it('is about its own date from noon on, and before noon about the day before', () => {
    const now = at('2026-06-10T22:30:00Z');
    const labels = ['00:00', '11:59', '12:00', '23:59'].map(
      (summaryTime) => lastSlot(now, { summaryTime, timeZone: 'UTC' }).label,
    );
    assert.deepEqual(labels, ['2026-06-09', '2026-06-09', '2026-06-10', '2026-06-09']);
  });

  it('follow one another: labels by a day, instants forward', () => {
    const zones = fc.constantFrom(...DST_DAYS.map(([zone]) => zone), 'America/Nuuk', 'Africa/Casablanca');
    const times = fc.tuple(fc.nat(23), fc.nat(59)).map((time) => time.map((n) => String(n).padStart(2, '0')).join(':'));
    const instants = fc.integer({ min: at('2020-01-01T00:00Z'), max: at('2030-01-01T00:00Z') });
    fc.assert(
      fc.property(zones, times, instants, (timeZone, summaryTime, now) => {
        const settings = { timeZone, summaryTime };
        const before = lastSlot(now, settings);
        const after = nextSlot(now, settings);
        assert.ok(before.at <= now && now < after.at);
        assert.equal(Date.parse(after.label) - Date.parse(before.label), DAY);
        assert.deepEqual(lastSlot(after.at, settings), after);
      }),
    );
  });
});

describe('dueDigest', () => {
  const slot = at('2026-06-10T21:59:00Z');
  const told = { lastLabel: '2026-06-10', lastSlot: slot };

  it('owes nothing before the store knows a first slot', () => {
    assert.equal(dueDigest(slot, { lastLabel: null, lastSlot: null }, BERLIN), null);
  });

  it('owes nothing on the first start until the next slot', () => {
    const start = slot + 5 * HOUR;
    const first = firstDigests(start, BERLIN);
    assert.deepEqual(first, told);
    assert.equal(dueDigest(start, first, BERLIN), null);
    assert.equal(dueDigest(slot + DAY - 1, first, BERLIN), null);
    assert.deepEqual(dueDigest(slot + DAY, first, BERLIN), {
      label: '2026-06-11',
      window: { from: slot, to: slot + DAY },
      late: false,
      missed: [],
    });
  });

  const cases: readonly [string, number, Partial<DueDigest> | null][] = [
    ['just told', slot, null],
    ['a minute late is not late', slot + DAY + MINUTE, { label: '2026-06-11', late: false }],
    ['down over the slot', slot + DAY + HOUR, { label: '2026-06-11', late: true, missed: [] }],
    [
      'down for four days',
      slot + 4 * DAY + HOUR,
      { label: '2026-06-14', late: true, missed: ['2026-06-11', '2026-06-12', '2026-06-13'] },
    ],
    ['clock set back by an hour', slot - HOUR, null],
    ['clock set back by a year', slot - 365 * DAY, null],
  ];
  for (const [name, now, expected] of cases) {
    it(name, () => {
      const due = dueDigest(now, told, BERLIN);
      if (expected === null || due === null) assert.equal(due, expected);
      else assert.deepEqual({ ...due, ...expected }, due);
    });
  }

  it('takes many missed days as one window', () => {
    const due = dueDigest(slot + 3 * DAY, told, BERLIN);
    assert.deepEqual(due?.window, { from: slot, to: slot + 3 * DAY });
  });

  it('names at most a year of missed dates', () => {
    const due = dueDigest(slot + 1000 * DAY, told, BERLIN);
    assert.equal(due?.missed.length, 366);
    assert.equal(due.missed.at(-1), '2029-03-04');
    assert.equal(due.label, '2029-03-05');
  });

  it('gives each label once when the time in the settings changes', () => {
    const morning = { ...BERLIN, summaryTime: '09:00' };
    // 09:00 on the 11th would again be about the 10th.
    assert.equal(dueDigest(at('2026-06-11T08:00Z'), told, morning), null);
    const due = dueDigest(at('2026-06-12T07:00Z'), told, morning);
    assert.deepEqual(due, {
      label: '2026-06-11',
      window: { from: slot, to: at('2026-06-12T07:00Z') },
      late: false,
      missed: [],
    });
  });

  it('gives each label once whatever the clock does', () => {
    const steps = fc.array(fc.integer({ min: -2 * DAY, max: 3 * DAY }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (jumps) => {
        let now = slot;
        let digests: ReturnType<typeof firstDigests> = told;
        const labels: string[] = [];
        for (const jump of jumps) {
          now += jump;
          const due = dueDigest(now, digests, BERLIN);
          if (due === null) continue;
          labels.push(...due.missed, due.label);
          digests = afterDigest(due);
          assert.equal(dueDigest(now, digests, BERLIN), null);
        }
        assert.deepEqual(labels, [...new Set(labels)].sort());
      }),
    );
  });
});
