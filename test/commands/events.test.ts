import assert from 'node:assert/strict';
import { UsageError } from '../../src/commands/command.ts';
import { events } from '../../src/commands/events.ts';
import type { Event } from '../../src/domain/event.ts';
import type { Queries } from '../../src/domain/queries.ts';
import { DAY, HOUR, type Instant, isoTime } from '../../src/domain/time.ts';
import type { EventsView } from '../../src/domain/views.ts';
import { makeSnapshot, T0 } from '../support/make.ts';

const run = { project: 'lab', host: 'gpu1' };
const KEPT: readonly Event[] = [
  { kind: 'run-started', at: T0 - 3 * HOUR, ...run, config: 'configs/a.py' },
  { kind: 'launcher-done', at: T0 - 2 * HOUR, project: 'other' },
  { kind: 'run-outdated', at: T0 - HOUR, ...run, config: 'configs/b.py' },
];

async function ask(text: string, kept: readonly Event[] = KEPT) {
  const since: (Instant | null)[] = [];
  const queries: Queries = {
    now: () => T0,
    snapshot: () => makeSnapshot(),
    alerts: () => [],
    undelivered: () => [],
    bot: () => ({ running: true, since: T0, observedTodayPct: null }),
    probe: async () => [],
    logTail: async () => null,
    digest: async () => null,
    async events(from) {
      since.push(from);
      return kept;
    },
  };
  const privacy = { users: true, commands: true, redact: (line: string) => line };
  const { data, template } = await events.run(text.split(' ').filter(Boolean), queries, privacy);
  assert.equal(template, 'events');
  return { since: since[0], view: data as unknown as EventsView };
}

const good: readonly [string, number | null, readonly string[]][] = [
  ['', null, ['run-started', 'launcher-done', 'run-outdated']],
  ['2h', 2 * HOUR, ['run-started', 'launcher-done', 'run-outdated']],
  ['2h 7d', 7 * DAY, ['run-started', 'launcher-done', 'run-outdated']],
  ['kind=run-started,RUN-outdated', null, ['run-started', 'run-outdated']],
  ['run-started Run-Outdated', null, ['run-started', 'run-outdated']],
  ['project=other', null, ['launcher-done']],
  ['project=lab', null, ['run-started', 'run-outdated']],
  ['run=B.py', null, ['run-outdated']],
  ['configs/* a.py', null, ['run-started']],
  ['limit=1', null, ['run-outdated']],
  ['limit=1 limit=all', null, ['run-started', 'launcher-done', 'run-outdated']],
  ['1d kind=run-started run=b', DAY, []],
];

const bad: readonly [string, RegExp][] = [
  ['24hours', /^"24hours" is no duration; write it as 30s, 5m, 4h or 2d$/],
  [
    'kind=run-lauched',
    /^"run-lauched" is not a kind of event; did you mean "run-launched"\? \(there are: run-started, .*\)$/,
  ],
  ['kind=', /^"" is not a kind of event \(there are: run-started, /],
  ['project=labb', /^"labb" is not a project; did you mean "lab"\? \(there are: lab, other\)$/],
  ['limit=0', /^limit=0: write a whole number from 1, or "all"$/],
  ['limit=ten', /^limit=ten: /],
  ['status=failed', /^"status" is not a filter \(there are: kind, project, run, limit\)$/],
];

describe('events, the command', () => {
  for (const [text, ago, kinds] of good) {
    it(`understands "${text}"`, async () => {
      const { since, view } = await ask(text);
      assert.equal(since, ago === null ? null : T0 - ago);
      assert.deepEqual(
        view.events.map(({ kind }) => kind),
        kinds,
      );
    });
  }

  for (const [text, message] of bad) {
    it(`says what is wrong with "${text}"`, async () => {
      await assert.rejects(ask(text), (error) => error instanceof UsageError && message.test(error.message));
    });
  }

  it('shows the newest hundred, and says since when', async () => {
    const many = Array.from(
      { length: 130 },
      (_, n): Event => ({ kind: 'launcher-round', at: T0 - 9 * DAY + n, project: 'lab' }),
    );
    const { view } = await ask('', many);
    assert.deepEqual([view.events.length, view.omitted, view.since], [100, 30, isoTime(T0 - 9 * DAY)]);
    assert.equal((await ask('')).view.since, isoTime(T0 - DAY));
    assert.equal((await ask('4h', [])).view.since, isoTime(T0 - 4 * HOUR));
  });
});
