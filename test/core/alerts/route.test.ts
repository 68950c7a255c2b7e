import assert from 'node:assert/strict';
import { matches, targetsOf } from '../../../src/core/alerts/route.ts';
import type { Matcher } from '../../../src/domain/receiver.ts';
import { makeReceiver, makeRoute } from '../../support/make.ts';

const labels = { severity: 'critical', project: 'lab', run: 'configs/exp/a.py' };

const matchers: [Matcher, boolean][] = [
  [{ label: 'severity', op: '=', value: 'critical' }, true],
  [{ label: 'severity', op: '=', value: 'crit' }, false],
  [{ label: 'severity', op: '!=', value: 'info' }, true],
  [{ label: 'run', op: '=~', value: 'configs/exp/.*' }, true],
  [{ label: 'run', op: '=~', value: 'exp' }, false],
  [{ label: 'run', op: '!~', value: '.*b\\.py' }, true],
  [{ label: 'host', op: '=', value: '' }, true],
  [{ label: 'host', op: '!=', value: 'gpu1' }, true],
];

describe('matches', () => {
  for (const [matcher, expected] of matchers) {
    it(`${matcher.label}${matcher.op}${matcher.value} is ${expected}`, () => {
      assert.equal(matches([matcher], labels), expected);
    });
  }

  it('wants all of them', () => {
    assert.equal(matches([], labels), true);
    assert.equal(
      matches(
        matchers.map(([matcher]) => matcher),
        labels,
      ),
      false,
    );
  });
});

describe('targetsOf', () => {
  const critical = { label: 'severity', op: '=', value: 'critical' } as const;
  const receivers = [
    makeReceiver({ name: 'lab' }),
    makeReceiver({ name: 'pi', destination: { kind: 'email', to: ['pi@lab.example'] } }),
    makeReceiver({ name: 'terminal', destination: { kind: 'console' }, hears: [[]] }),
    makeReceiver({ name: 'summary-slack', hears: [[{ label: 'kind', op: '=', value: 'digest' }], [critical]] }),
  ];
  const routes = [
    makeRoute({ match: [{ label: 'kind', op: '=', value: 'digest' }], receivers: ['lab', 'pi'] }),
    makeRoute({ match: [critical], receivers: ['lab'], groupWaitMs: 5000 }),
    makeRoute({ receivers: ['pi'] }),
  ];
  const names = (given: Record<string, string>) =>
    targetsOf(given, { receivers, routes }).map(({ receiver }) => receiver.name);

  it('takes the first matching route and everyone who listens anyway', () => {
    assert.deepEqual(names({ kind: 'digest', severity: '' }), ['lab', 'pi', 'terminal', 'summary-slack']);
    assert.deepEqual(names({ kind: 'alert', severity: 'critical' }), ['lab', 'terminal', 'summary-slack']);
    assert.deepEqual(names({ kind: 'event', severity: 'info' }), ['pi', 'terminal']);
  });

  it('says which route decided and carries its grouping', () => {
    const [first] = targetsOf({ kind: 'alert', severity: 'critical' }, { receivers, routes });
    assert.equal(first?.because, 'route 2');
    assert.equal(first?.groupWaitMs, 5000);
  });

  it('tells nobody where no route matches and nobody listens', () => {
    assert.deepEqual(targetsOf(labels, { receivers: receivers.slice(0, 2), routes: [] }), []);
  });
});
