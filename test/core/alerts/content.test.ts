import assert from 'node:assert/strict';
import { alertContent, alertView, membersOf, repliesFor } from '../../../src/core/alerts/content.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import type { Content } from '../../../src/domain/delivery.ts';
import type { AlertGroupView } from '../../../src/domain/views.ts';
import { T0 } from '../../support/make.ts';
import { makeAlert } from './make-alert.ts';

const ended = { state: 'resolved', endsAt: T0 + 90_400, resolution: 'running again' } as const;

function content(...alerts: Alert[]): Content & { data: AlertGroupView } {
  return alertContent('alert', alerts.map(alertView)) as Content & { data: AlertGroupView };
}

describe('alertView', () => {
  it('has the labels there are, and no more', () => {
    const { project, host, run } = alertView(makeAlert('a', { labels: { host: 'gpu1', secret: 'x' } }));
    assert.deepEqual({ project, host, run }, { project: null, host: 'gpu1', run: null });
  });

  it('tells how long it lasted, in whole seconds', () => {
    const { duration_s, ends_at, state, resolution } = alertView(makeAlert('a', ended));
    assert.deepEqual(
      [duration_s, ends_at, state, resolution],
      [90, '2026-01-15T12:01:30.400Z', 'resolved', 'running again'],
    );
    assert.equal(alertView(makeAlert('a')).duration_s, null);
  });
});

describe('alertContent', () => {
  it('has the worst severity of its members', () => {
    for (const [severities, expected] of [
      [['info', 'warning'], 'warning'],
      [['critical', 'info'], 'critical'],
      [['info'], 'info'],
    ] as const) {
      const alerts = severities.map((severity, index) => makeAlert(`${index}`, { severity }));
      assert.equal(content(...alerts).severity, expected);
    }
  });

  it('is resolved once nothing fires', () => {
    assert.equal(content(makeAlert('a', ended), makeAlert('b')).resolved, false);
    assert.equal(content(makeAlert('a', ended)).resolved, true);
    assert.equal(content(makeAlert('a', ended), makeAlert('b')).data.firing, 1);
  });

  it('puts the firing ones first, the newest at the head', () => {
    const order = content(
      makeAlert('old', { startsAt: T0 - 5000 }),
      makeAlert('over', { ...ended, startsAt: T0 + 5000 }),
      makeAlert('new'),
    ).data.alerts.map(({ id }) => id);
    assert.deepEqual(order, ['new', 'old', 'over']);
  });

  it('folds members with the same rule, state and summary, and names some of them', () => {
    const same = Array.from({ length: 7 }, (_, index) => makeAlert(`${index}`));
    const host = makeAlert('h', { rule: 'host-unreachable', labels: { host: 'gpu9' }, summary: 'no answer' });
    const bare = makeAlert('n', { labels: {}, summary: 'no names' });
    const { folded } = content(...same, host, bare, makeAlert('over', ended)).data;
    assert.deepEqual(
      folded.map(({ count, runs, state }) => [count, runs.length, state]),
      [
        [7, 7, 'firing'],
        [1, 1, 'firing'],
        [1, 0, 'firing'],
        [1, 1, 'resolved'],
      ],
    );
    assert.deepEqual(folded[1]?.runs, ['gpu9']);
    const gpu = makeAlert('g', { rule: 'gpu-lost', labels: { host: 'gpu9', gpu: '3' } });
    assert.deepEqual(content(gpu).data.folded[0]?.runs, ['gpu9 GPU 3']);
  });
});

describe('repliesFor', () => {
  const a = makeAlert('a');
  const b = makeAlert('b');
  const over = makeAlert('a', ended);
  /** What stands, what should stand, and which members are said aloud. */
  const cases: [string, Content, Content, [string, string[]][]][] = [
    ['the same', content(a), content(a), []],
    ['other words', content(a), content(makeAlert('a', { summary: 'KeyError' })), []],
    ['a new member', content(a), content(a, b), [['alert-added', ['b']]]],
    ['one ended', content(a, b), content(over, b), [['alert-resolved', ['a']]]],
    [
      'one ended and one new',
      content(a),
      content(over, b),
      [
        ['alert-added', ['b']],
        ['alert-resolved', ['a']],
      ],
    ],
    ['ended before and still', content(over, b), content(over, b), []],
    ['came and went between two deliveries', content(b), content(b, over), [['alert-resolved', ['a']]]],
    ['all ended', content(a, b), content(over, makeAlert('b', ended)), [['alert-resolved', ['a', 'b']]]],
  ];
  for (const [name, delivered, desired, expected] of cases) {
    it(`${name}: ${expected.map(([template]) => template).join(' and ') || 'nothing'}`, () => {
      const replies = repliesFor(delivered, desired);
      assert.deepEqual(
        replies.map((reply) => [reply.template, membersOf(reply).map(({ id }) => id)]),
        expected,
      );
      for (const { data } of replies)
        assert.deepEqual([data.firing, data.total], [desired.data.firing, desired.data.total]);
    });
  }

  it('says nothing of digests and notices', () => {
    const digest: Content = { ...content(), kind: 'digest', data: {} };
    assert.deepEqual(repliesFor(digest, digest), []);
  });
});
