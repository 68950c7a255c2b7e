import assert from 'node:assert/strict';
import { keepSame } from '../../src/util/keep-same.ts';

describe('keepSame', () => {
  const inner = {};
  const cases: [string, object | null, object, boolean][] = [
    ['the same keys and values', { a: 1, b: inner }, { b: inner, a: 1 }, true],
    ['nothing in either', {}, {}, true],
    ['another value', { a: 1 }, { a: 2 }, false],
    ['an equal object that is another', { a: inner }, { a: {} }, false],
    ['a key more', { a: 1 }, { a: 1, b: 2 }, false],
    ['a key less', { a: 1, b: 2 }, { a: 1 }, false],
    ['another key without a value', { a: undefined }, { b: undefined }, false],
    ['nothing before', null, {}, false],
  ];
  for (const [name, before, after, same] of cases) {
    it(name, () => assert.equal(keepSame(before, after) === before, same));
  }
});
