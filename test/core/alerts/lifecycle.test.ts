import assert from 'node:assert/strict';
import { alertIdentity, stepAlert } from '../../../src/core/alerts/lifecycle.ts';
import type { Alert, RuleVerdict } from '../../../src/domain/alert.ts';
import { T0 } from '../../support/make.ts';

const holds = (summary = 'CUDA out of memory'): RuleVerdict => ({ state: 'holds', summary, evidence: [] });
const clear: RuleVerdict = { state: 'clear', reason: 'running again' };
const unknown: RuleVerdict = { state: 'unknown', reason: 'host-unreachable' };
const subject = (holdForMs: number) => ({
  identity: alertIdentity('run-failed', { run: 'a' }),
  rule: 'run-failed',
  labels: { run: 'a', host: 'gpu1' },
  settings: { enabled: true, severity: 'critical', holdForMs } as const,
});

/** At each second a verdict; the state that the alert has afterwards. */
const timelines: [string, number, [RuleVerdict, Alert['state'] | 'none'][]][] = [
  [
    'fires at once without a hold time',
    0,
    [
      [holds(), 'firing'],
      [holds(), 'firing'],
      [clear, 'resolved'],
    ],
  ],
  [
    'is pending until it has held long enough',
    2000,
    [
      [holds(), 'pending'],
      [holds(), 'pending'],
      [holds(), 'firing'],
    ],
  ],
  [
    'is dropped when it clears while pending',
    2000,
    [
      [holds(), 'pending'],
      [clear, 'none'],
      [holds(), 'pending'],
    ],
  ],
  [
    'is frozen by unknown',
    0,
    [
      [unknown, 'none'],
      [holds(), 'firing'],
      [unknown, 'firing'],
      [unknown, 'firing'],
      [clear, 'resolved'],
    ],
  ],
  [
    'does not count unknown time as cleared',
    2000,
    [
      [holds(), 'pending'],
      [unknown, 'pending'],
      [holds(), 'firing'],
    ],
  ],
];

describe('stepAlert', () => {
  for (const [name, holdForMs, steps] of timelines) {
    it(name, () => {
      let alert: Alert | undefined;
      for (const [index, [verdict, state]] of steps.entries()) {
        alert = stepAlert(alert, verdict, subject(holdForMs), T0 + index * 1000);
        assert.equal(alert?.state ?? 'none', state, `second ${index}`);
      }
    });
  }

  it('keeps the object while nothing changes, and its id when the summary does', () => {
    const first = stepAlert(undefined, holds(), subject(0), T0);
    assert.equal(stepAlert(first, holds(), subject(0), T0 + 1), first);
    const better = stepAlert(first, holds('CUDA out of memory on GPU 0'), subject(0), T0 + 2);
    assert.equal(better?.summary, 'CUDA out of memory on GPU 0');
    assert.equal(better?.id, first?.id);
  });

  it('gives the same condition at another time the same fingerprint and another id', () => {
    const first = stepAlert(undefined, holds(), subject(0), T0);
    const later = stepAlert(undefined, holds(), subject(0), T0 + 1000);
    assert.equal(first?.fingerprint, later?.fingerprint);
    assert.notEqual(first?.id, later?.id);
  });

  it('says when and why it ended', () => {
    const ended = stepAlert(stepAlert(undefined, holds(), subject(0), T0), clear, subject(0), T0 + 5000);
    assert.equal(ended?.endsAt, T0 + 5000);
    assert.equal(ended?.resolution, 'running again');
  });
});

describe('alertIdentity', () => {
  it('does not depend on the order of labels and keeps odd values apart', () => {
    assert.equal(alertIdentity('r', { a: '1', b: '2' }), alertIdentity('r', { b: '2', a: '1' }));
    assert.notEqual(alertIdentity('r', { a: '1",b="2' }), alertIdentity('r', { a: '1', b: '2' }));
  });
});
