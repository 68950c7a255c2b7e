import assert from 'node:assert/strict';
import { createUnanswered } from '../../../../src/edge/channels/slack/unanswered.ts';
import { manualClock } from './support.ts';

describe('slack posts without an answer', () => {
  it('remembers a bounded number of keys, and forgets the oldest', async () => {
    let asked = 0;
    const unanswered = createUnanswered(async () => {
      asked += 1;
      return { messages: [] };
    }, manualClock());
    for (let i = 0; i <= 1_000; i += 1) unanswered.begin(`k${i}`);
    await unanswered.find('k0', 'C0GPU', '#gpu');
    assert.equal(asked, 0);
    await unanswered.find('k1', 'C0GPU', '#gpu');
    assert.equal(asked, 1);
  });

  it('keeps the id of the attempt until its end is known', () => {
    const unanswered = createUnanswered(async () => ({}), manualClock());
    const first = unanswered.begin('k');
    assert.equal(unanswered.begin('k'), first);
    unanswered.settle('k', '#gpu', 'C0GPU');
    assert.notEqual(unanswered.begin('k'), first);
  });
});
