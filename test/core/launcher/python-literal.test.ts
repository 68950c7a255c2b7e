import assert from 'node:assert/strict';
import { type Literal, readLiteral } from '../../../src/core/launcher/python-literal.ts';

const good: readonly [string, Literal][] = [
  ['{}', { entries: [] }],
  ['[]', []],
  ['()', []],
  ['(1,)', [1]],
  ['[ 1 , -2 ]', [1, -2]],
  [
    "{'a': ('b', 1), 2: {'c': []}}",
    {
      entries: [
        ['a', ['b', 1]],
        [2, { entries: [['c', []]] }],
      ],
    },
  ],
  [`['it\\'s', "it's", 'say "x"']`, ["it's", "it's", 'say "x"']],
  ["'a, ]b\\\\'", 'a, ]b\\'],
  ["'\\n\\t\\r\\x41\\u00e4\\U0001f600'", '\n\t\rAä😀'],
  ["'\\U00110000'", '\\U00110000'],
  ["'ä 😀'", 'ä 😀'],
];

const bad = [
  '',
  'None',
  '{',
  '[1',
  '[1 2]',
  '[,]',
  "{'a'}",
  "{'a': }",
  "{: 'a'}",
  "'a",
  "'a\\'",
  '[1] 2',
  '(1]',
  '['.repeat(1000) + ']'.repeat(1000),
];

describe('literals of Python', () => {
  for (const [text, value] of good) {
    it(`reads ${text}`, () => assert.deepEqual(readLiteral(text), value));
  }
  for (const text of bad) {
    it(`does not read ${text.slice(0, 40)}`, () => assert.equal(readLiteral(text), null));
  }
});
