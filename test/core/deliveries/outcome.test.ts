import assert from 'node:assert/strict';
import { isOwed } from '../../../src/core/deliveries/next.ts';
import { abandoned, delivered, failed, revived } from '../../../src/core/deliveries/outcome.ts';
import { DeliveryError } from '../../../src/domain/delivery.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { T0 } from '../../support/make.ts';
import { makeRow } from '../../support/make-row.ts';

const refused = (over: Partial<ConstructorParameters<typeof DeliveryError>[1]> = {}) =>
  new DeliveryError('refused', { permanent: false, ...over });

describe('delivered', () => {
  it('owes what was wanted meanwhile', () => {
    const row = makeRow('a', { desiredVersion: 3, attempts: 4, lastError: 'refused' });
    const told = { content: row.desired, version: 2, receipt: { ts: '1' }, detailsOwed: false };
    const after = delivered(row, told, T0 + 1000);
    assert.equal(isOwed(after), true);
    assert.deepEqual(
      [after.deliveredVersion, after.receipt, after.attempts, after.lastError, after.deliveredAt, after.nextAttemptAt],
      [2, { ts: '1' }, 0, null, T0 + 1000, T0 + 1000],
    );
  });
});

describe('failed', () => {
  /** Failures so far, what the platform asks for, and the wait. */
  const waits: [number, number | null, number][] = [
    [1, null, 1_000],
    [2, null, 2_000],
    [5, null, 16_000],
    [50, null, 5 * MINUTE],
    [1, 30_000, 30_000],
    [50, 30_000, 5 * MINUTE],
  ];
  for (const [attempts, retryAfterMs, expected] of waits) {
    it(`waits ${expected} ms after ${attempts} failures when asked for ${retryAfterMs}`, () => {
      const after = failed(makeRow('a', { attempts }), refused({ retryAfterMs }), T0, () => 1);
      assert.deepEqual([after.nextAttemptAt - T0, after.attempts], [expected, attempts]);
      assert.deepEqual([after.lastError, after.gaveUp], ['refused', false]);
    });
  }

  it('spreads the tries, but never before the platform allows it', () => {
    assert.equal(failed(makeRow('a'), refused(), T0, () => 0).nextAttemptAt, T0 + 500);
    assert.equal(failed(makeRow('a'), refused({ retryAfterMs: 700 }), T0, () => 0).nextAttemptAt, T0 + 700);
  });

  it('gives up a message that is refused for good', () => {
    const after = failed(makeRow('a'), refused({ permanent: true }), T0, () => 1);
    assert.deepEqual([after.gaveUp, isOwed(after)], [true, false]);
  });

  it('leaves out details that are refused for good, and keeps the message', () => {
    const row = makeRow('a', { deliveredVersion: 1, detailsOwed: true });
    const after = failed(row, refused({ permanent: true }), T0, () => 1);
    assert.deepEqual([after.gaveUp, after.detailsOwed, isOwed(after)], [false, false, false]);
    assert.equal(failed(row, refused(), T0, () => 1).detailsOwed, true);
  });
});

describe('abandoned', () => {
  it('is never owed again, and says why', () => {
    const after = abandoned(makeRow('a'));
    assert.deepEqual([isOwed(after), after.closed], [false, true]);
    assert.match(after.lastError ?? '', /no longer configured/);
  });
});

describe('revived', () => {
  const DAY = 86_400_000;
  const cases: [string, Parameters<typeof makeRow>[1], boolean][] = [
    ['what was refused and still stands is tried again', { gaveUp: true, updatedAt: T0 - 30 * DAY }, true],
    ['what was refused within a day is tried again', { gaveUp: true, closed: true, updatedAt: T0 - DAY }, true],
    ['older news is not', { gaveUp: true, closed: true, updatedAt: T0 - DAY - 1 }, false],
  ];
  for (const [name, over, expected] of cases) {
    it(name, () => assert.equal(!revived(makeRow('a', over), T0).gaveUp, expected));
  }

  it('leaves other rows as they are', () => {
    const row = makeRow('a', { attempts: 5 });
    assert.equal(revived(row, T0), row);
  });
});
