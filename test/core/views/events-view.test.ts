import assert from 'node:assert/strict';
import { EVENT_KINDS, eventText } from '../../../src/core/views/event-text.ts';
import { EVERY_EVENT, eventsView } from '../../../src/core/views/events-view.ts';
import type { Event } from '../../../src/domain/event.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { NO_RUNS, T0 } from '../../support/make.ts';

const lab = { at: T0, project: 'lab' };
const run = { ...lab, config: 'configs/a.py', host: 'gpu1' };
const removed = { config: 'configs/b.py', host: 'ann@gpu2', pid: 7 };

/** Every kind, what it says, and the fields of its own that are not as they are in the event. */
const KINDS: readonly [Event, string, object?][] = [
  [{ kind: 'run-started', ...run }, 'configs/a.py started on gpu1'],
  [{ kind: 'run-restarted', ...run, session: 2 }, 'configs/a.py was started again on gpu1, start 2'],
  [
    { kind: 'run-finished', ...run, earlyStopped: false, completedEpochs: 1, session: 1 },
    'configs/a.py finished after 1 epoch',
    { early_stopped: false, completed_epochs: 1 },
  ],
  [
    { kind: 'run-finished', ...run, earlyStopped: true, completedEpochs: 57, session: 1 },
    'configs/a.py stopped early after 57 epochs',
    { early_stopped: true, completed_epochs: 57 },
  ],
  [
    { kind: 'run-failed', ...run, reason: 'fatal-error', summary: 'CUDA out of memory', completedEpochs: 3 },
    'configs/a.py failed: CUDA out of memory',
    { completed_epochs: 3 },
  ],
  [{ kind: 'run-stuck', ...run, silentSince: null }, 'configs/a.py is stuck on gpu1', { silent_since: null }],
  [
    { kind: 'run-stuck', ...run, silentSince: T0 - 185 * MINUTE },
    'configs/a.py is stuck on gpu1: no sign of life for 3 hours',
    { silent_since: '2026-01-15T08:55:00.000Z' },
  ],
  [{ kind: 'run-recovered', ...run }, 'configs/a.py is running again on gpu1'],
  [{ kind: 'run-outdated', ...run }, 'configs/a.py is outdated'],
  [{ kind: 'run-added', ...run, status: 'running' }, 'configs/a.py was added, running'],
  [{ kind: 'run-removed', ...run }, 'configs/a.py was removed'],
  [{ kind: 'epochs-completed', ...run, from: 1, to: 58, total: 100 }, 'configs/a.py completed 58 of 100 epochs'],
  [{ kind: 'epochs-completed', ...run, from: 0, to: 1, total: null }, 'configs/a.py completed 1 epoch'],
  [
    { kind: 'project-found', ...lab, counts: { ...NO_RUNS, total: 48 } },
    'lab was seen for the first time: 48 runs',
    { counts: { ...NO_RUNS, total: 48 } },
  ],
  [
    { kind: 'host-lost', at: T0, host: 'gpu1', error: 'no route' },
    'gpu1 cannot be reached: no route',
    { project: null },
  ],
  [
    { kind: 'host-back', at: T0, host: 'gpu1', awayMs: 90_000 },
    'gpu1 is back after 90 seconds',
    { project: null, away_s: 90 },
  ],
  [{ kind: 'launcher-round', ...lab }, 'the launcher began a new round'],
  [
    { kind: 'stuck-removed', ...lab, runs: [removed] },
    'the launcher removed 1 stuck run: configs/b.py (ann@gpu2, PID 7)',
    { runs: [removed] },
  ],
  [
    { kind: 'outdated-cleaned', ...lab, days: 120, workDirs: ['logs/1', 'logs/2', 'logs/3', 'logs/4', 'logs/5'] },
    'the launcher removed 5 work dirs not updated for 120 days: logs/1, logs/2, logs/3 and 2 more',
    { work_dirs: ['logs/1', 'logs/2', 'logs/3', 'logs/4', 'logs/5'] },
  ],
  [
    { kind: 'run-error', ...lab, config: 'configs/a.py', errorLog: 'logs/a/error.log' },
    'the launcher found an error log of configs/a.py',
    { error_log: 'logs/a/error.log' },
  ],
  [{ kind: 'run-launched', ...run, gpu: 1 }, 'configs/a.py was launched on GPU 1 of gpu1'],
  [{ kind: 'launcher-waiting', ...lab }, 'the launcher waits for idle GPUs'],
  [
    { kind: 'gpus-disconnected', ...lab, gpus: { 'ann@gpuHost': [0, 1], 'ann@gpu2': [3] } },
    'the launcher cannot reach GPUs 0, 1 of ann@gpuHost, GPU 3 of ann@gpu2',
    { gpus: { 'ann@gpuHost': [0, 1], 'ann@gpu2': [3] } },
  ],
  [{ kind: 'hosts-disconnected', ...lab, hosts: ['ann@gpu2'] }, 'the launcher cannot reach ann@gpu2'],
  [{ kind: 'launcher-progress', ...lab, pct: 31.94 }, 'the launcher counts 31.94% of all runs as done'],
  [{ kind: 'launcher-done', ...lab }, 'the launcher has nothing left to launch'],
  [
    { kind: 'launcher-error', ...lab, text: 'disk\tfull\nkey=SECRET' },
    'fault of the launcher: disk full key=***',
    { message: 'disk\tfull\nkey=***' },
  ],
];

/** Keys that the view names differently. */
const RENAMED = new Set([
  'earlyStopped',
  'completedEpochs',
  'silentSince',
  'awayMs',
  'workDirs',
  'errorLog',
  'text',
  'at',
]);

const redact = (text: string): string => text.replaceAll('SECRET', '***');

function view(events: readonly Event[], filter = {}, limit: number | null = null) {
  return eventsView({ events, since: T0 - MINUTE, now: T0 }, { ...EVERY_EVENT, ...filter }, limit, redact);
}

describe('the view of events', () => {
  for (const [event, text, changed] of KINDS) {
    it(`says "${text}"`, () => {
      const kept = Object.entries(event).filter(([key]) => !RENAMED.has(key));
      assert.deepEqual(view([event]).events, [
        { ...Object.fromEntries(kept), at: '2026-01-15T12:00:00.000Z', ...changed, text },
      ]);
    });
  }

  it('has words for every kind', () => {
    assert.deepEqual([...EVENT_KINDS].sort(), [...new Set(KINDS.map(([{ kind }]) => kind))].sort());
  });

  it('is one line of a bounded length, whatever a log says', () => {
    const hostile = `a\u0000\u001b[31m\r\n\u2028${'b'.repeat(1e6)}`;
    const [event] = view([{ kind: 'launcher-error', ...lab, text: hostile }]).events;
    assert.match(String(event?.text), /^fault of the launcher: a b+…$/);
    assert.equal(event?.text.length, 500);
  });

  it('shows no part of a secret or of a character where it is cut', () => {
    const start = 'fault of the launcher: '.length;
    for (const [text, end] of [
      [`${'b'.repeat(497 - start)}SECRET ${'c'.repeat(9)}`, 'b**…'],
      [`${'b'.repeat(498 - start)}😀${'c'.repeat(9)}`, 'bbb…'],
    ] as const) {
      const [event] = view([{ kind: 'launcher-error', ...lab, text }]).events;
      assert.equal(event?.text.slice(-4), end);
    }
  });

  it('tells a span in the largest unit of which there are two', () => {
    for (const [awayMs, text] of [
      [400, '0 seconds'],
      [119_000, '119 seconds'],
      [2 * MINUTE, '2 minutes'],
      [119 * MINUTE, '119 minutes'],
      [47 * HOUR, '47 hours'],
      [9 * DAY, '9 days'],
    ] as const) {
      assert.equal(eventText({ kind: 'host-back', at: T0, host: 'gpu1', awayMs }), `gpu1 is back after ${text}`);
    }
  });

  it('keeps the newest, and counts those that it leaves out', () => {
    const events = [0, 1, 2].map((n): Event => ({ kind: 'launcher-progress', ...lab, at: T0 + n, pct: n }));
    const { schema, at, since, omitted, ...rest } = view(events, {}, 2);
    assert.deepEqual(
      [schema, at, since, omitted, rest.events.map(({ pct }) => pct)],
      ['pylon.events/1', '2026-01-15T12:00:00.000Z', '2026-01-15T11:59:00.000Z', 1, [1, 2]],
    );
  });

  const events = KINDS.map(([event]) => event).concat({ kind: 'run-started', ...run, project: 'other' });
  const filters: readonly [string, object, readonly string[]][] = [
    ['kinds', { kinds: ['run-stuck', 'launcher-done'] }, ['run-stuck', 'run-stuck', 'launcher-done']],
    ['a project', { project: 'other' }, ['run-started']],
    ['a part of a removed run', { patterns: ['B.py'] }, ['stuck-removed']],
    ['a glob for a cleaned work dir', { patterns: ['logs/?'] }, ['outdated-cleaned']],
    [
      'all of that',
      { patterns: ['configs', 'a.py'], project: 'lab', kinds: ['run-error', 'launcher-done'] },
      ['run-error'],
    ],
  ];
  for (const [name, filter, kinds] of filters) {
    it(`can be of ${name}`, () => {
      assert.deepEqual(
        view(events, filter).events.map(({ kind }) => kind),
        kinds,
      );
    });
  }
});
