import assert from 'node:assert/strict';
import type { Content } from '../src/domain/delivery.ts';
import type { DigestView, HistoryEntry } from '../src/domain/digest.ts';
import type { Event } from '../src/domain/event.ts';
import type { Store } from '../src/domain/ports.ts';
import { EMPTY_STATE, type State } from '../src/domain/state.ts';
import { DAY, HOUR, type Instant, MINUTE } from '../src/domain/time.ts';
import { createSummaryAgent } from '../src/summary-agent.ts';
import { makeHost, makeReceiver, makeRoute, makeRun, makeSample, makeSnapshot, T0 } from './support/make.ts';
import { manualClock, settle } from './support/manual-clock.ts';

const SLOT = T0 + 12 * HOUR - MINUTE; // 23:59 UTC
const finished = (at: Instant): Event => ({
  kind: 'run-finished',
  at,
  project: 'lab',
  config: 'configs/a.py',
  host: 'gpu1',
  earlyStopped: false,
  completedEpochs: 10,
  session: 1,
});

function bench(history: HistoryEntry[] = [], start: Instant = T0) {
  const clock = manualClock(start);
  const written: DigestView[] = [];
  let pruned = 0;
  let woken = 0;
  let state: State = { ...EMPTY_STATE, digests: { lastLabel: '2026-01-14', lastSlot: SLOT - DAY } };
  const store: Store = {
    read: () => state,
    async commit(change) {
      state = change(state);
    },
  };
  const host = makeHost({ sample: makeSample({ cpu: { pct: 50, cores: 8, load1: 1 } }) });
  const agent = createSummaryAgent({
    store,
    files: {
      append: (entry) => history.push(entry),
      async *readSince(from) {
        for (const entry of [...history]) {
          if ((entry.t === 'event' ? entry.event.at : entry.sample.at) >= from) yield entry;
        }
      },
      async write(digest) {
        written.push(digest);
      },
      readMetrics: async (date) => written.find((digest) => digest.date === date) ?? null,
      async prune() {
        pruned += 1;
      },
    },
    snapshot: () => makeSnapshot({ at: clock.now(), hosts: [host], runs: [makeRun()] }),
    markdown: (content: Content) => JSON.stringify(content),
    routing: { receivers: [makeReceiver()], routes: [makeRoute()] },
    settings: {
      summaryTime: '23:59',
      timeZone: 'UTC',
      metricsIntervalMs: 5 * MINUTE,
      sections: ['experiment_statistics', 'resource_utilization', 'key_events', 'progress_overview'],
      nearCompletionPct: 90,
      longRunningDays: 7,
    },
    clock,
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    onDeliveries: () => {
      woken += 1;
    },
  });
  return {
    clock,
    agent,
    history,
    written,
    state: () => state,
    pruned: () => pruned,
    woken: () => woken,
    due: (late = false) => ({ label: '2026-01-15', window: { from: SLOT - DAY, to: SLOT }, late, missed: [] }),
  };
}

describe('summary agent', () => {
  it('samples at its interval and counts events, and tells today so far', async () => {
    const test = bench();
    await test.agent.start();
    test.clock.advance(11 * MINUTE);
    test.agent.collect([finished(test.clock.now())]);
    assert.deepEqual(
      test.history.map((entry) => entry.t),
      ['sample', 'sample', 'sample', 'event'],
    );
    const today = await test.agent.summary(null);
    assert.equal(today?.date, '2026-01-15');
    assert.equal(today?.experiments.finished_today, 1);
    assert.equal(today?.resources.cpu?.average_pct, 50);
    assert.ok((test.agent.observedPct() ?? 0) > 0);
    test.agent.stop();
    assert.equal(test.clock.waiting(), 0);
  });

  it('takes the day up again from the history after a restart', async () => {
    const before = bench();
    await before.agent.start();
    before.agent.collect([finished(T0)]);
    const after = bench([...before.history], T0 + HOUR);
    assert.equal(after.agent.observedPct(), null);
    await after.agent.start();
    assert.equal((await after.agent.summary(null))?.experiments.finished_today, 1);
  });

  it('gives what happened since an instant, by time', async () => {
    const test = bench([{ t: 'event', event: finished(T0 - HOUR) }]);
    await test.agent.start();
    test.clock.advance(0);
    // A launcher's log is read after the fact.
    test.agent.collect([finished(T0), finished(T0 - MINUTE), { ...finished(T0 - 2 * HOUR) }]);
    const times = (await test.agent.events(T0 - HOUR)).map((event) => event.at - T0);
    assert.deepEqual(times, [-HOUR, -MINUTE, 0]);
  });

  it('makes the digest: files, deliveries and slot, and begins a new day', async () => {
    const test = bench();
    await test.agent.start();
    test.clock.advance(HOUR);
    test.agent.collect([finished(test.clock.now())]);
    test.clock.advance(SLOT - test.clock.now());
    await test.agent.makeDigest(test.due());
    assert.deepEqual(
      test.written.map((digest) => [digest.date, digest.experiments.finished_today]),
      [['2026-01-15', 1]],
    );
    assert.deepEqual(test.state().digests, { lastLabel: '2026-01-15', lastSlot: SLOT });
    const rows = Object.values(test.state().deliveries);
    assert.deepEqual(
      rows.map((row) => [row.receiver, row.desired.template]),
      [['lab', 'digest']],
    );
    assert.deepEqual([test.pruned(), test.woken()], [1, 1]);
    test.clock.advance(MINUTE);
    const next = await test.agent.summary(null);
    assert.deepEqual([next?.date, next?.experiments.finished_today], ['2026-01-16', 0]);
    assert.equal((await test.agent.summary('2026-01-15'))?.experiments.finished_today, 1);
    assert.equal(await test.agent.summary('2026-01-01'), null);
  });

  it('does not count in a late digest what happened after its window', async () => {
    const test = bench(
      [
        { t: 'event', event: finished(SLOT - HOUR) },
        { t: 'event', event: finished(SLOT) },
      ],
      SLOT + 3 * HOUR,
    );
    await test.agent.start();
    await test.agent.makeDigest(test.due(true));
    assert.deepEqual(
      test.written.map((digest) => [digest.late, digest.experiments.finished_today]),
      [[true, 1]],
    );
    assert.equal((await test.agent.summary(null))?.experiments.finished_today, 1);
  });

  it('loses nothing that happens while it reads', async () => {
    const test = bench();
    const started = test.agent.start();
    test.clock.advance(1);
    test.agent.collect([finished(test.clock.now())]);
    await started;
    await settle();
    assert.equal((await test.agent.summary(null))?.experiments.finished_today, 1);
  });
});
