import assert from 'node:assert/strict';
import { isOwed, owedByReceiver, readyAt, undelivered } from '../../../src/core/deliveries/next.ts';
import type { Delivery } from '../../../src/domain/delivery.ts';
import { T0 } from '../../support/make.ts';
import { makeRow } from '../../support/make-row.ts';

const done = { deliveredVersion: 1 } as const;

describe('isOwed', () => {
  const cases: [string, Partial<Delivery>, boolean][] = [
    ['never sent', {}, true],
    ['sent', done, false],
    ['behind', { deliveredVersion: 1, desiredVersion: 2 }, true],
    ['sent without its details', { ...done, detailsOwed: true }, true],
    ['given up', { gaveUp: true }, false],
    ['closed and not yet sent', { closed: true }, true],
  ];
  for (const [name, over, expected] of cases) {
    it(`${name}: ${expected}`, () => assert.equal(isOwed(makeRow('a', over)), expected));
  }
});

describe('owedByReceiver', () => {
  it('has the row that may go first at the head, the older one of two', () => {
    const rows = [
      makeRow('late', { notBefore: T0 + 3000 }),
      makeRow('retried', { nextAttemptAt: T0 + 2000, createdAt: T0 - 9000 }),
      makeRow('young', { createdAt: T0 + 1 }),
      makeRow('old'),
      makeRow('done', done),
      makeRow('other', { receiver: 'pi' }),
    ];
    const owed = owedByReceiver(Object.fromEntries(rows.map((row) => [row.key, row])));
    assert.deepEqual(
      [...owed].map(([receiver, list]) => [receiver, list.map(({ key }) => key)]),
      [
        ['lab', ['old', 'young', 'retried', 'late']],
        ['pi', ['other']],
      ],
    );
  });

  it('is ready when both its group and its last failure allow it', () => {
    assert.equal(readyAt(makeRow('a', { notBefore: T0 + 5, nextAttemptAt: T0 + 9 })), T0 + 9);
    assert.equal(readyAt(makeRow('a', { notBefore: T0 + 5, nextAttemptAt: T0 })), T0 + 5);
  });
});

describe('undelivered', () => {
  it('names receivers that were given up or failed often, each with its newest reason', () => {
    const rows = [
      makeRow('a', { receiver: 'lab', gaveUp: true, lastError: 'channel_not_found', updatedAt: T0 }),
      makeRow('b', { receiver: 'lab', attempts: 3, lastError: 'invalid_auth', updatedAt: T0 + 1 }),
      makeRow('c', { receiver: 'pi', attempts: 2, lastError: 'slow', updatedAt: T0 }),
      makeRow('d', { receiver: 'night', attempts: 0 }),
    ];
    const table = Object.fromEntries(rows.map((row) => [row.key, row]));
    assert.deepEqual(undelivered(table), [{ receiver: 'lab', reason: 'invalid_auth' }]);
  });
});
