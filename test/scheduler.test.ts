import assert from 'node:assert/strict';
import FakeTimers from '@sinonjs/fake-timers';
import { DateTime } from 'luxon';
import { afterDigest, type DueDigest, firstDigests, type SlotSettings } from '../src/core/digest/slots.ts';
import type { Logger, Store } from '../src/domain/ports.ts';
import { EMPTY_STATE, type State } from '../src/domain/state.ts';
import { DAY, HOUR, MINUTE } from '../src/domain/time.ts';
import { createScheduler, type Scheduler } from '../src/scheduler.ts';
import { systemClock } from '../src/util/clock.ts';

const BERLIN: SlotSettings = { summaryTime: '23:59', timeZone: 'Europe/Berlin' };
const NOON = Date.parse('2026-06-10T12:00:00Z');

function memoryStore(): Store {
  let state: State = EMPTY_STATE;
  return {
    read: () => state,
    async commit(change) {
      state = change(state);
    },
  };
}

function recordingLogger(errors: string[]): Logger {
  const nothing = () => {};
  return { debug: nothing, info: nothing, warn: nothing, error: (_, message) => errors.push(message) };
}

describe('scheduler', () => {
  let time: ReturnType<typeof FakeTimers.install>;
  let store: Store;
  let made: DueDigest[];
  let errors: string[];
  let scheduler: Scheduler | null;

  async function make(due: DueDigest): Promise<void> {
    made.push(due);
    await store.commit((state) => ({ ...state, digests: afterDigest(due) }));
  }

  async function startAt(now: number, settings = BERLIN, onDue = make): Promise<Scheduler> {
    time.setSystemTime(now);
    scheduler = createScheduler({ clock: systemClock, store, settings, onDue, logger: recordingLogger(errors) });
    await scheduler.start();
    return scheduler;
  }

  /** A minute at a time, letting promises run in between. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= MINUTE) {
      time.tick(Math.min(left, MINUTE));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  const labels = () => made.map(({ label }) => label);

  beforeEach(() => {
    time = FakeTimers.install({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    store = memoryStore();
    made = [];
    errors = [];
    scheduler = null;
  });

  afterEach(async () => {
    await scheduler?.stop();
    time.uninstall();
  });

  it('makes nothing on the first start, then the digest at its second', async () => {
    await startAt(NOON);
    assert.deepEqual(store.read().digests, firstDigests(NOON, BERLIN));
    const slot = Date.parse('2026-06-10T21:59:00Z');
    await pass(slot - NOON - 1);
    assert.deepEqual(labels(), []);
    await pass(1);
    assert.deepEqual(made, [{ label: '2026-06-10', window: { from: slot - DAY, to: slot }, late: false, missed: [] }]);
  });

  it('makes one for every date over 30 days', async function () {
    this.timeout(60_000);
    await startAt(NOON);
    await pass(30 * DAY);
    assert.equal(labels().length, 30);
    assert.deepEqual(labels(), [...new Set(labels())].sort());
    assert.deepEqual([labels()[0], labels().at(-1)], ['2026-06-10', '2026-07-09']);
    assert.ok(made.every(({ late, missed }) => !late && missed.length === 0));
  });

  const changes: readonly [string, readonly string[]][] = [
    ['Europe/Berlin', ['2026-03-29', '2026-10-25']],
    ['Europe/London', ['2026-03-29', '2026-10-25']],
    ['America/New_York', ['2026-03-08', '2026-11-01']],
    ['Australia/Lord_Howe', ['2026-10-04', '2026-04-05']],
    ['America/Santiago', ['2026-09-06', '2026-04-05']],
    ['Asia/Kolkata', ['2026-03-29', '2026-10-25']],
  ];
  for (const [timeZone, dates] of changes) {
    for (const date of dates) {
      for (const summaryTime of ['00:30', '01:30', '02:30', '09:00']) {
        it(`makes one for the day before ${date} in ${timeZone} at ${summaryTime}`, async () => {
          const noon = DateTime.fromISO(`${date}T12:00`, { zone: timeZone });
          const start = noon.minus({ hours: 26 });
          await startAt(start.toMillis(), { summaryTime, timeZone });
          await pass(26 * HOUR);
          assert.deepEqual(labels(), [noon.minus({ days: 1 }).toISODate()]);
          assert.ok(made.every(({ late, missed }) => !late && missed.length === 0));
        });
      }
    }
  }

  const jumps: readonly [string, number, readonly string[]][] = [
    ['an hour forward', HOUR, ['2026-06-10', '2026-06-11']],
    ['an hour back', -HOUR, ['2026-06-10']],
    ['a day forward', DAY, ['2026-06-10', '2026-06-11', '2026-06-12']],
    ['a day back', -DAY, ['2026-06-10']],
  ];
  for (const [name, jump, expected] of jumps) {
    it(`makes none twice when the clock is set ${name}`, async () => {
      await startAt(NOON);
      await pass(10 * HOUR);
      time.setSystemTime(time.now + jump);
      await pass(DAY);
      assert.deepEqual(labels(), expected);
      await pass(2 * DAY);
      assert.deepEqual(labels(), [...new Set(labels())].sort());
      assert.ok(labels().length > expected.length, 'the timers live on');
    });
  }

  it('makes one late digest after a suspend over the slot', async () => {
    await startAt(Date.parse('2026-06-10T20:00:00Z'));
    time.setSystemTime(time.now + 8 * HOUR);
    await pass(MINUTE);
    assert.deepEqual(
      made.map(({ label, late }) => [label, late]),
      [['2026-06-10', true]],
    );
    await pass(5 * HOUR);
    assert.equal(made.length, 1);
  });

  it('makes at start what became due while it was down, once', async () => {
    await (await startAt(NOON)).stop();
    const again = await startAt(NOON + 3 * DAY);
    assert.deepEqual(
      made.map(({ label, late, missed }) => [label, late, missed]),
      [['2026-06-12', true, ['2026-06-10', '2026-06-11']]],
    );
    await again.stop();
    await startAt(NOON + 3 * DAY + MINUTE);
    assert.equal(made.length, 1);
  });

  it('tries again a minute later what failed, and says so', async () => {
    let failures = 2;
    await startAt(NOON, BERLIN, async (due) => {
      failures -= 1;
      if (failures >= 0) throw new Error('disk full');
      await make(due);
    });
    await pass(10 * HOUR + 3 * MINUTE);
    assert.deepEqual(labels(), ['2026-06-10']);
    assert.equal(errors.length, 2);
  });

  it('starts although the store takes nothing yet', async () => {
    const { commit } = store;
    let full = true;
    store = { ...store, commit: (change) => (full ? Promise.reject(new Error('disk full')) : commit(change)) };
    await startAt(NOON);
    assert.equal(errors.length, 1);
    full = false;
    await pass(DAY);
    assert.deepEqual(labels(), ['2026-06-10']);
  });

  it('does not begin a second while the first is being made', async () => {
    let finish = (): void => {};
    let calls = 0;
    await startAt(NOON, BERLIN, (due) => {
      calls += 1;
      return new Promise<void>((resolve) => {
        finish = () => resolve(make(due));
      });
    });
    await pass(12 * HOUR);
    assert.equal(calls, 1);
    finish();
    await pass(5 * MINUTE);
    assert.deepEqual([calls, labels()], [1, ['2026-06-10']]);
  });

  it('leaves no timer behind', async () => {
    const running = await startAt(NOON);
    await running.stop();
    assert.equal(time.countTimers(), 0);
    await pass(2 * DAY);
    assert.deepEqual(labels(), []);
  });
});
