import assert from 'node:assert/strict';
import { HostError } from '../../../src/domain/host.ts';
import { createBreaker } from '../../../src/edge/connectors/breaker.ts';
import { manualClock } from '../../support/manual-clock.ts';

const START = Date.UTC(2026, 0, 15, 12);

describe('breaker of a host', () => {
  const delays: [string, boolean, number[]][] = [
    ['usual', false, [1, 2, 4, 8, 16, 32, 60, 60]],
    ['costly', true, [60, 120, 240, 480, 600, 600]],
  ];
  for (const [what, costly, seconds] of delays) {
    it(`waits ${seconds.join(', ')} s after ${what} failures`, () => {
      const clock = manualClock(START);
      const breaker = createBreaker({ clock, random: () => 1 });
      for (const wait of seconds) {
        breaker.check();
        breaker.failed(new HostError('unreachable', 'no'), costly);
        clock.advance(wait * 1_000 - 1);
        assert.throws(() => breaker.check(), { kind: 'paused' });
        clock.advance(1);
      }
    });
  }

  it('spreads the waits by chance, and begins anew after a success', () => {
    const clock = manualClock(START);
    const breaker = createBreaker({ clock, random: () => 0 });
    breaker.failed(new HostError('timeout', 'late'), false);
    breaker.failed(new HostError('timeout', 'late'), false);
    assert.throws(() => breaker.check(), { message: 'late (tried again at 2026-01-15T12:00:01.000Z)' });
    breaker.succeeded();
    breaker.check();
    breaker.failed(new HostError('timeout', 'late'), false);
    assert.throws(() => breaker.check(), { message: 'late (tried again at 2026-01-15T12:00:00.500Z)' });
  });

  it('does not wait for hours when the clock was set back', () => {
    let now = START;
    const breaker = createBreaker({ clock: { now: () => now, after: () => () => {} }, random: () => 1 });
    breaker.failed(new HostError('timeout', 'late'), false);
    now -= 3_600_000;
    breaker.check();
  });
});
