import assert from 'node:assert/strict';
import { createThrottle } from '../../../src/edge/follow/throttle.ts';
import { manualClock } from '../../support/manual-clock.ts';

describe('createThrottle', () => {
  it('calls at once, and what follows at the end of the span', () => {
    const clock = manualClock();
    const calls: string[] = [];
    const throttle = createThrottle(clock, 50, (key) => calls.push(key));
    throttle.call('a');
    throttle.call('a');
    throttle.call('a');
    throttle.call('b');
    assert.deepEqual(calls, ['a', 'b']);
    clock.advance(49);
    assert.deepEqual(calls, ['a', 'b']);
    clock.advance(1);
    assert.deepEqual(calls, ['a', 'b', 'a']);
    clock.advance(50);
    assert.equal(clock.waiting(), 0);
    throttle.call('a');
    assert.deepEqual(calls, ['a', 'b', 'a', 'a']);
  });

  it('calls nobody after it was stopped', () => {
    const clock = manualClock();
    const calls: string[] = [];
    const throttle = createThrottle(clock, 50, (key) => calls.push(key));
    throttle.call('a');
    throttle.call('a');
    throttle.stop();
    clock.advance(100);
    assert.deepEqual(calls, ['a']);
    assert.equal(clock.waiting(), 0);
  });
});
