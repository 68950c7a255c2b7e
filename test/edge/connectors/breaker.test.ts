import assert from 'node:assert/strict';
import { HostError } from '../../../src/domain/host.ts';
import { createBreaker } from '../../../src/edge/connectors/breaker.ts';
import { manualClock } from '../../support/manual-clock.ts';

const START = Date.UTC(2026, 0, 15, 12);

describe('breaker of a host', () => {
  const delays: [HostError['kind'], number[]][] = [
    ['unreachable', [1, 2, 4, 8, 16, 32, 60, 60]],
    ['auth', [60, 120, 240, 480, 600, 600]],
  ];
  for (const [kind, seconds] of delays) {
    it(`waits ${seconds.join(', ')} s after failures of kind ${kind}`, () => {
      const clock = manualClock(START);
      const breaker = createBreaker({ clock, random: () => 1 });
      for (const wait of seconds) {
        breaker.check();
        breaker.failed(new HostError(kind, 'no'));
        clock.advance(wait * 1_000 - 1);
        assert.throws(() => breaker.check(), { kind: 'paused' });
        clock.advance(1);
      }
    });
  }

  it('spreads the waits by chance, and begins anew after a success', () => {
    const clock = manualClock(START);
    const breaker = createBreaker({ clock, random: () => 0 });
    breaker.failed(new HostError('timeout', 'late'));
    breaker.failed(new HostError('timeout', 'late'));
    assert.throws(() => breaker.check(), { message: 'late (tried again at 2026-01-15T12:00:01.000Z)' });
    breaker.succeeded();
    breaker.check();
    breaker.failed(new HostError('timeout', 'late'));
    assert.throws(() => breaker.check(), { message: 'late (tried again at 2026-01-15T12:00:00.500Z)' });
  });

  it('does not wait for hours when the clock was set back', () => {
    let now = START;
    const breaker = createBreaker({ clock: { now: () => now, after: () => () => {} }, random: () => 1 });
    breaker.failed(new HostError('timeout', 'late'));
    now -= 3_600_000;
    breaker.check();
  });
});
