import assert from 'node:assert/strict';
import { formatMatcher, parseMatcher } from '../../src/config/matcher.ts';

describe('matcher', () => {
  const table: readonly (readonly [string, string, string, string])[] = [
    ['severity=critical', 'severity', '=', 'critical'],
    ['kind != digest', 'kind', '!=', 'digest'],
    ['run=~configs/exp/.*', 'run', '=~', 'configs/exp/.*'],
    ['host!~gpu[12]', 'host', '!~', 'gpu[12]'],
    ['project="my project "', 'project', '=', 'my project '],
    ['run=a=b', 'run', '=', 'a=b'],
    ['run=', 'run', '=', ''],
  ];
  for (const [text, label, op, value] of table) {
    it(`reads ${text}`, () => {
      const parsed = parseMatcher(text);
      assert.ok(typeof parsed !== 'string');
      assert.deepEqual(parsed, { label, op, value });
      assert.deepEqual(parseMatcher(formatMatcher(parsed)), parsed);
    });
  }

  const bad: readonly (readonly [string, RegExp])[] = [
    ['severity', /^label=value/],
    ['', /^label=value/],
    ['a-b=c', /^label=value/],
    ['run=~(', /regular expression/],
    ['run!~(?i)x', /regular expression/],
    ['run="x', /double quotes/],
  ];
  for (const [text, reason] of bad) {
    it(`says what is wrong with ${JSON.stringify(text)}`, () => assert.match(String(parseMatcher(text)), reason));
  }
});
