import assert from 'node:assert/strict';
import { createCacheKeeper } from '../src/cache-keeper.ts';
import type { RunsCache } from '../src/domain/ports.ts';
import { MINUTE, SECOND } from '../src/domain/time.ts';
import { manualClock, settle } from './support/manual-clock.ts';

/** A keeper over a counter, and what it wrote: the counter's value each time. */
function bench() {
  const clock = manualClock();
  const written: unknown[] = [];
  const warnings: string[] = [];
  const held: (() => void)[] = [];
  let failing = false;
  let slow = false;
  let value = 0;
  const warn = (_fields: object, message: string) => warnings.push(message);
  const keeper = createCacheKeeper({
    cache: (): RunsCache => ({ readers: { value }, runs: [] }),
    async write({ readers }) {
      if (slow) await new Promise<void>((resolve) => held.push(resolve));
      if (failing) throw new Error('ENOSPC');
      written.push(readers.value);
    },
    clock,
    logger: { debug: () => undefined, info: () => undefined, warn, error: () => undefined },
  });
  return {
    clock,
    written,
    warnings,
    keeper,
    held,
    set: (next: { failing?: boolean; slow?: boolean; value?: number }) => {
      failing = next.failing ?? failing;
      slow = next.slow ?? slow;
      value = next.value ?? value;
    },
    async pass(ms: number) {
      clock.advance(ms);
      await settle();
    },
  };
}

describe('cache keeper', () => {
  it('saves every five minutes though nothing happens', async () => {
    const { pass, written } = bench();
    await pass(5 * MINUTE - 1);
    assert.deepEqual(written, []);
    await pass(1);
    await pass(5 * MINUTE);
    assert.equal(written.length, 2);
  });

  it('saves a second after something happened, once for many', async () => {
    const { pass, written, keeper, set } = bench();
    keeper.touch();
    await pass(SECOND / 2);
    set({ value: 7 });
    keeper.touch();
    await pass(SECOND / 2);
    assert.deepEqual(written, [7]);
    await pass(5 * MINUTE - 1);
    assert.equal(written.length, 1, 'the five minutes begin anew');
    await pass(1);
    assert.equal(written.length, 2);
  });

  it('says what could not be saved, and saves the next time', async () => {
    const { pass, written, warnings, keeper, set } = bench();
    set({ failing: true });
    keeper.touch();
    await pass(SECOND);
    assert.deepEqual(warnings, ['cache of runs not saved']);
    set({ failing: false });
    keeper.touch();
    await pass(SECOND);
    assert.equal(written.length, 1);
  });

  it('writes one at a time, and what is true when it writes', async () => {
    const { pass, written, keeper, held, set } = bench();
    set({ slow: true, value: 1 });
    keeper.touch();
    await pass(SECOND);
    keeper.touch();
    await pass(SECOND);
    assert.equal(held.length, 1);
    set({ value: 2 });
    held[0]?.();
    await settle();
    held[1]?.();
    await settle();
    assert.deepEqual(written, [1, 2]);
  });

  it('saves a last time when it stops, and then no more', async () => {
    const { pass, clock, written, keeper, set } = bench();
    set({ value: 3 });
    await keeper.stop();
    assert.deepEqual(written, [3]);
    assert.equal(clock.waiting(), 0);
    await pass(10 * MINUTE);
    assert.equal(written.length, 1);
  });

  it('stops although the disk takes nothing', async () => {
    const { warnings, keeper, set } = bench();
    set({ failing: true });
    await keeper.stop();
    assert.equal(warnings.length, 1);
  });
});
