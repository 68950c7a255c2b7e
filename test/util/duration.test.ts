import assert from 'node:assert/strict';
import { formatDuration, parseDuration } from '../../src/util/duration.ts';

describe('duration', () => {
  const table: readonly (readonly [string, number])[] = [
    ['0s', 0],
    ['30s', 30_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['4h', 14_400_000],
    ['2d', 172_800_000],
  ];
  for (const [text, ms] of table) {
    it(`reads and writes ${text}`, () => {
      assert.equal(parseDuration(text), ms);
      assert.equal(formatDuration(ms), text);
    });
  }

  for (const text of ['', '5', 's', '-5s', '1.5h', '5 m', '1h30m', '5M', '5min', '99999999d', '5s\n']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), null));
  }

  it('writes the largest unit that is whole', () => {
    assert.equal(formatDuration(120_000), '2m');
    assert.equal(formatDuration(3_660_000), '61m');
    assert.equal(formatDuration(86_400_000), '1d');
  });
});
