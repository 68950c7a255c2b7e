import assert from 'node:assert/strict';
import { memoize } from '../../src/util/memoize.ts';

describe('memoize', () => {
  it('asks once for each argument, also when the answer is nothing, and forgets beyond its limit', () => {
    const asked: string[] = [];
    const length = memoize((text: string) => {
      asked.push(text);
      return text === '' ? undefined : text.length;
    }, 2);
    assert.deepEqual(['a', '', 'a', ''].map(length), [1, undefined, 1, undefined]);
    assert.deepEqual(asked, ['a', '']);
    assert.deepEqual(['bb', 'a'].map(length), [2, 1]);
    assert.deepEqual(asked, ['a', '', 'bb', 'a']);
  });
});
