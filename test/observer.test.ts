import assert from 'node:assert/strict';
import type { Event } from '../src/domain/event.ts';
import type { Logger, Store } from '../src/domain/ports.ts';
import { EMPTY_STATE, type State } from '../src/domain/state.ts';
import { createObserver } from '../src/observer.ts';
import { makeReceiver, makeRoute, makeRun, makeSnapshot, RULE_SETTINGS } from './support/make.ts';
import { settle } from './support/manual-clock.ts';

function bench() {
  let state: State = EMPTY_STATE;
  const events: Event[] = [];
  const log: string[] = [];
  const saves: string[] = [];
  const disk = { full: false };
  const store: Store = {
    read: () => state,
    async commit(change) {
      state = change(state);
      if (disk.full) throw new Error('ENOSPC');
    },
  };
  const write = (_: object, message: string) => void log.push(message);
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const observe = createObserver({
    store,
    rules: RULE_SETTINGS,
    routing: { receivers: [makeReceiver()], routes: [makeRoute()] },
    logger,
    onEvents: (added) => events.push(...added),
    onSaved: () => saves.push('saved'),
  });
  return { observe, events, log, saves, disk, state: () => state };
}

describe('observer', () => {
  it('takes a snapshot to events and deliveries, and wakes the dispatcher once they are saved', async () => {
    const { observe, events, log, saves, state } = bench();
    observe(makeSnapshot({ runs: [makeRun()] }));
    assert.deepEqual(
      events.map((event) => event.kind),
      ['project-found'],
    );
    assert.equal(Object.keys(state().deliveries).length, 1);
    assert.deepEqual(log, ['event', 'to be told']);
    assert.deepEqual(saves, []);
    await settle();
    assert.deepEqual(saves, ['saved']);
  });

  it('wakes nobody for what is not on disk, and keeps it for the next save', async () => {
    const { observe, saves, log, disk, state } = bench();
    disk.full = true;
    observe(makeSnapshot({ runs: [makeRun()] }));
    await settle();
    assert.deepEqual(saves, []);
    assert.equal(log.at(-1), 'state not saved');
    disk.full = false;
    observe(makeSnapshot({ runs: [makeRun()] }));
    await settle();
    assert.deepEqual(saves, ['saved']);
    assert.equal(Object.keys(state().deliveries).length, 1);
  });
});
