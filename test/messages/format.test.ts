import assert from 'node:assert/strict';
import {
  formatBytes,
  formatDuration,
  formatPercent,
  formatPlural,
  formatTime,
  formatValue,
} from '../../src/messages/format.ts';

function table<Value>(title: string, format: (value: Value) => string, cases: readonly [Value, string][]): void {
  describe(title, () => {
    for (const [value, text] of cases) {
      it(`${JSON.stringify(value)} is ${text}`, () => assert.equal(format(value), text));
    }
  });
}

table('formatDuration', formatDuration, [
  [0, '0 s'],
  [0.4, '0 s'],
  [-5, '0 s'],
  [45, '45 s'],
  [59.6, '1 min'],
  [7_500, '2 h 5 min'],
  [7_200, '2 h'],
  [7_230, '2 h'],
  [86_400 * 10, '10 d'],
  [86_400 * 10 + 3_600 * 3, '10 d 3 h'],
  [null, '?'],
  ['60', '?'],
]);

table('formatBytes', formatBytes, [
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1 KiB'],
  [20 * 2 ** 20, '20 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
  [9.97 * 2 ** 30, '10 GiB'],
  [2 ** 30 - 1, '1 GiB'],
  [80 * 2 ** 30, '80 GiB'],
  [5_000 * 2 ** 50, '5000 PiB'],
  [-1, '0 B'],
  [null, '?'],
]);

table('formatPercent', formatPercent, [
  [0, '0%'],
  [78.46, '78.5%'],
  [20, '20%'],
  [99.96, '100%'],
  [null, '?'],
  ['20', '?'],
]);

table('formatValue', formatValue, [
  [null, ''],
  [undefined, ''],
  ['a', 'a'],
  [0, '0'],
  [false, 'false'],
  [['a', null, ['b']], 'a, , b'],
  [{ a: 1 }, '{"a":1}'],
]);

describe('formatPlural', () => {
  it('adds an s unless it is one', () => {
    assert.equal(formatPlural(1, 'run', undefined), '1 run');
    assert.equal(formatPlural(0, 'run', undefined), '0 runs');
    assert.equal(formatPlural(2, 'run', undefined), '2 runs');
  });

  it('takes another word for many', () => assert.equal(formatPlural(2, 'process', 'processes'), '2 processes'));

  it('says that a count is unknown', () => assert.equal(formatPlural(null, 'run', undefined), '? runs'));
});

describe('formatTime', () => {
  const cases: [value: unknown, zone: string, text: string][] = [
    ['2026-11-24T13:32:00.000Z', 'Europe/Berlin', '2026-11-24 14:32'],
    ['2026-11-24T23:30:00.000Z', 'Europe/Berlin', '2026-11-25 00:30'],
    ['2026-07-24T13:32:00.000Z', 'Europe/Berlin', '2026-07-24 15:32'],
    ['2026-11-24T13:32:00.000Z', 'Australia/Lord_Howe', '2026-11-25 00:32'],
    [1_795_527_120_000, 'UTC', '2026-11-24 13:32'],
    ['yesterday', 'UTC', '?'],
    [Number.MAX_VALUE, 'UTC', '?'],
    [null, 'UTC', '?'],
  ];
  for (const [value, zone, text] of cases) {
    it(`${value} in ${zone} is ${text}`, () => assert.equal(formatTime(value, zone, 'yyyy-MM-dd HH:mm'), text));
  }
});
