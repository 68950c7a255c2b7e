import assert from 'node:assert/strict';
import { membersOf } from '../../../src/core/alerts/content.ts';
import { type DeliveryTable, decideAlerts, decideNotice, type Notice } from '../../../src/core/alerts/decide.ts';
import type { Routing } from '../../../src/core/alerts/route.ts';
import { delivered } from '../../../src/core/deliveries/outcome.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import type { Content, Delivery } from '../../../src/domain/delivery.ts';
import type { Destination } from '../../../src/domain/receiver.ts';
import { makeReceiver, makeRoute, T0 } from '../../support/make.ts';
import { makeAlert } from './make-alert.ts';

const SLACK: Destination = { kind: 'slack', channel: '#gpu' };
const EMAIL: Destination = { kind: 'email', to: ['pi@lab.example'] };
const CONSOLE: Destination = { kind: 'console' };

function routing(destination: Destination = SLACK, over: Parameters<typeof makeRoute>[0] = {}): Routing {
  return { receivers: [makeReceiver({ destination })], routes: [makeRoute(over)] };
}

const over = (alert: Alert, at = T0 + 1000): Alert => ({ ...alert, state: 'resolved', endsAt: at, resolution: 'over' });
const only = (rows: DeliveryTable): Delivery => {
  const [row, ...others] = Object.values(rows);
  assert.deepEqual(others, []);
  assert.ok(row);
  return row;
};
const told = (row: Delivery, at = T0): DeliveryTable => ({
  [row.key]: delivered(row, { content: row.desired, version: row.desiredVersion, receipt: {}, detailsOwed: false }, at),
});
const members = (row: Delivery): string[] => membersOf(row.desired).map(({ id, state }) => `${id} ${state}`);

describe('decideAlerts', () => {
  const a = makeAlert('a');
  const b = makeAlert('b');

  it('says that no route matches', () => {
    const nobody: Routing = { receivers: [makeReceiver()], routes: [] };
    const { deliveries, decisions } = decideAlerts({}, [a], nobody, T0);
    assert.deepEqual(deliveries, {});
    assert.deepEqual(decisions, [{ receiver: '-', group: 'a', told: false, reason: 'no route matches' }]);
  });

  it('does not tell what ended before it was told', () => {
    const { deliveries, decisions } = decideAlerts({}, [over(a)], routing(), T0);
    assert.deepEqual(deliveries, {});
    assert.equal(decisions[0]?.reason, 'ended before it was told');
  });

  /** Where it goes, how bad it is, what the route says, and how long the first message waits. */
  const waits: [Destination, Alert['severity'], number | null, number][] = [
    [SLACK, 'critical', null, 0],
    [{ kind: 'discord-webhook', url: 'https://d.example' }, 'critical', null, 0],
    [SLACK, 'warning', null, 30_000],
    [{ kind: 'slack-webhook', url: 'https://s.example' }, 'critical', null, 30_000],
    [EMAIL, 'critical', null, 30_000],
    [CONSOLE, 'info', null, 0],
    [EMAIL, 'critical', 5_000, 5_000],
    [SLACK, 'critical', 5_000, 5_000],
  ];
  for (const [destination, severity, groupWaitMs, expected] of waits) {
    it(`waits ${expected} ms: ${severity} to ${destination.kind}, group_wait ${groupWaitMs}`, () => {
      const alert = makeAlert('a', { severity });
      const row = only(decideAlerts({}, [alert], routing(destination, { groupWaitMs }), T0).deliveries);
      assert.equal(row.notBefore - T0, expected);
    });
  }

  it('groups by the labels of the route, with an absent label as empty', () => {
    const away = makeAlert('c', { labels: {} });
    const { deliveries } = decideAlerts({}, [a, b, away], routing(SLACK, { groupBy: ['project'] }), T0);
    assert.deepEqual(Object.values(deliveries).map(members), [['a firing', 'b firing'], ['c firing']]);
  });

  it('adds a later member to the open message', () => {
    const first = only(decideAlerts({}, [a], routing(), T0).deliveries);
    const row = only(decideAlerts(told(first), [b], routing(), T0 + 1000).deliveries);
    assert.deepEqual(members(row), ['a firing', 'b firing']);
    assert.deepEqual([row.desiredVersion, row.alertIds, row.closed], [2, ['a', 'b'], false]);
    assert.equal(row.notBefore, first.notBefore);
  });

  it('leaves the message alone when nothing in it changes', () => {
    const before = told(only(decideAlerts({}, [a], routing(), T0).deliveries));
    const again = decideAlerts(before, [a, over(b)], routing(), T0 + 1000);
    assert.deepEqual(again.deliveries, before);
    assert.deepEqual(again.decisions, []);
  });

  it('closes the message with its last member, and opens another for the next', () => {
    const before = told(only(decideAlerts({}, [a], routing(), T0).deliveries));
    const closed = only(decideAlerts(before, [over(a)], routing(), T0 + 1000).deliveries);
    assert.equal(closed.closed, true);
    const { deliveries } = decideAlerts({ [closed.key]: closed }, [b], routing(), T0 + 2000);
    assert.deepEqual(Object.values(deliveries).map(members), [['a resolved'], ['b firing']]);
  });

  it('keeps the interval where every version is a new message', () => {
    const to = routing(EMAIL, { groupWaitMs: 0, groupIntervalMs: 60_000 });
    const first = only(decideAlerts({}, [a], to, T0).deliveries);
    const later = only(decideAlerts(told(first, T0 + 500), [b], to, T0 + 1000).deliveries);
    assert.equal(later.notBefore, T0 + 60_500);
    const unsent = only(decideAlerts({ [first.key]: first }, [b], to, T0 + 1000).deliveries);
    assert.equal(unsent.notBefore, T0);
  });

  it('tries a message that was given up again when it has something else to say', () => {
    const first = only(decideAlerts({}, [a], routing(), T0).deliveries);
    const givenUp = { ...first, gaveUp: true, attempts: 7 };
    const row = only(decideAlerts({ [first.key]: givenUp }, [b], routing(), T0).deliveries);
    assert.deepEqual([row.gaveUp, row.attempts], [false, 0]);
    const failing = only(decideAlerts({ [first.key]: { ...first, attempts: 7 } }, [b], routing(), T0).deliveries);
    assert.equal(failing.attempts, 7);
  });

  it('forgets the oldest of many ended members, once their ends have been told', () => {
    const many = Array.from({ length: 60 }, (_, index) => makeAlert(`${index}`));
    const before = told(only(decideAlerts({}, [a, ...many], routing(), T0).deliveries));
    const ended = many.map((alert, index) => over(alert, T0 + index * 1000));
    const all = decideAlerts(before, ended, routing(), T0 + 99_000).deliveries;
    assert.equal(members(only(all)).length, 61);
    const next = over(a, T0 + 100_000);
    const kept = members(only(decideAlerts(told(only(all)), [next], routing(), T0 + 100_000).deliveries));
    assert.equal(kept.length, 51);
    assert.ok(kept.includes('a resolved'));
    assert.ok(kept.includes('59 resolved'));
    assert.ok(!kept.includes('9 resolved'));
  });
});

describe('decideNotice', () => {
  function notice(runs: string[], merged = true): Notice {
    const content = (all: readonly unknown[]): Content => ({
      template: 'run-finished',
      kind: 'notice',
      severity: 'info',
      resolved: false,
      data: { runs: all },
    });
    const runsOf = ({ data }: Content): string[] => data.runs as string[];
    return {
      name: 'run-finished|lab',
      labels: { project: 'lab', severity: 'info' },
      content: content(runs),
      ...(merged && { merge: (waiting, added) => content([...runsOf(waiting), ...runsOf(added)]) }),
    };
  }
  const decide = (before: DeliveryTable, given: Notice, now = T0, to = routing()) =>
    decideNotice(before, given, to, now).deliveries;

  it('waits for company, and takes in what comes meanwhile', () => {
    const first = only(decide({}, notice(['a'])));
    assert.deepEqual([first.notBefore - T0, first.closed, first.desiredVersion], [30_000, true, 1]);
    const row = only(decide({ [first.key]: first }, notice(['b']), T0 + 1000));
    assert.deepEqual(row.desired.data.runs, ['a', 'b']);
    assert.equal(row.notBefore, first.notBefore);
  });

  it('begins a message of its own behind one that was sent, or tried', () => {
    const first = only(decide({}, notice(['a'])));
    for (const before of [told(first), { [first.key]: { ...first, attempts: 1 } }]) {
      assert.equal(Object.keys(decide(before, notice(['b']), T0 + 40_000)).length, 2);
    }
  });

  it('without a merge is always one of its own, and goes at once', () => {
    const first = only(decide({}, notice(['a'], false)));
    assert.equal(first.notBefore, T0);
    assert.equal(Object.keys(decide({ [first.key]: first }, notice(['b'], false), T0 + 1000)).length, 2);
  });

  it('matches digests and events by their kind', () => {
    const to = routing(SLACK, { match: [{ label: 'kind', op: '=', value: 'digest' }] });
    const digest: Notice = { name: '2026-01-15', labels: {}, content: { ...notice([]).content, kind: 'digest' } };
    const { decisions, deliveries } = decideNotice({}, digest, to, T0);
    assert.equal(only(deliveries).group, 'lab|digest|2026-01-15');
    assert.deepEqual(decisions, [{ receiver: 'lab', group: 'lab|digest|2026-01-15', told: true, reason: 'route 1' }]);
    assert.deepEqual(decideNotice({}, notice(['a']), to, T0).decisions, [
      { receiver: '-', group: 'run-finished|lab', told: false, reason: 'no route matches' },
    ]);
  });
});
