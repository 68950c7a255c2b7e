import assert from 'node:assert/strict';
import { createSlots } from '../../../src/edge/connectors/session-slots.ts';
import { settle } from '../../support/manual-clock.ts';

describe('places for programs', () => {
  it('lets in so many, and then the one that has waited longest', async () => {
    const slots = createSlots(2);
    const { signal } = new AbortController();
    const order: string[] = [];
    const [first, second] = await Promise.all([slots.take(signal), slots.take(signal)]);
    const third = slots.take(signal).then((giveBack) => {
      order.push('third');
      return giveBack;
    });
    const fourth = slots.take(signal).then(() => order.push('fourth'));
    await settle();
    assert.deepEqual(order, []);
    first();
    first();
    const giveBack = await third;
    await settle();
    assert.deepEqual(order, ['third'], 'a place given back twice is one place');
    second();
    await fourth;
    giveBack();
    assert.equal(typeof (await slots.take(signal)), 'function');
  });

  it('forgets who no longer waits', async () => {
    const slots = createSlots(1);
    const giveBack = await slots.take(new AbortController().signal);
    const impatient = new AbortController();
    const waiting = assert.rejects(slots.take(impatient.signal), /enough/);
    const patient = slots.take(new AbortController().signal);
    impatient.abort(new Error('enough'));
    await waiting;
    await assert.rejects(slots.take(impatient.signal), /enough/);
    giveBack();
    assert.equal(typeof (await patient), 'function');
  });
});
