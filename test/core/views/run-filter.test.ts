import assert from 'node:assert/strict';
import { EVERY_RUN, matchesPattern, type RunFilter, selectRuns } from '../../../src/core/views/run-filter.ts';
import type { Run } from '../../../src/domain/run.ts';
import { makeRun, T0 } from '../../support/make.ts';

const progress = (percentage: number | null) => ({ ...makeRun().progress, percentage });

const RUNS: readonly Run[] = [
  makeRun({ config: 'configs/exp/run_2.py', status: 'running', progress: progress(40), lastUpdate: T0 - 5 }),
  makeRun({ config: 'configs/exp/run_10.py', status: 'failed', progress: progress(10), host: 'gpu2' }),
  makeRun({
    config: 'configs/new.py',
    status: 'failed',
    reason: 'never-started',
    progress: progress(0),
    lastUpdate: null,
  }),
  makeRun({ config: 'configs/Stuck.py', status: 'stuck', owner: 'bob', progress: progress(null) }),
  makeRun({ project: 'alt', config: 'configs/z.py', status: 'finished', progress: progress(100), lastUpdate: T0 - 9 }),
  makeRun({
    config: 'configs/soon.py',
    status: 'running',
    progress: progress(90),
    eta: { at: T0 + 5, low: T0, high: T0 + 9 },
    lastUpdate: T0 - 1,
  }),
  makeRun({
    config: 'configs/late.py',
    status: 'outdated',
    progress: progress(100),
    eta: { at: T0 + 50, low: T0, high: T0 + 90 },
  }),
];

const filters: [string, Partial<RunFilter>, string[]][] = [
  ['all, by project and name', {}, ['z', 'Stuck', 'run_10', 'run_2', 'late', 'new', 'soon']],
  ['failed ones, without those that never started', { statuses: ['failed'] }, ['run_10']],
  ['those that never started', { statuses: ['never-started'] }, ['new']],
  ['active ones', { statuses: ['active'] }, ['Stuck', 'run_2', 'soon']],
  ['any of several statuses', { statuses: ['finished', 'outdated'] }, ['z', 'late']],
  ['those of a project', { project: 'alt' }, ['z']],
  ['those on a host', { host: 'gpu2' }, ['run_10']],
  ['those of an owner', { owner: 'bob' }, ['Stuck']],
  ['those with a part of a name', { patterns: ['exp/'] }, ['run_10', 'run_2']],
  ['those that all patterns match', { patterns: ['exp/', '*_2.py'] }, ['run_2']],
  ['those that satisfy everything', { statuses: ['active'], owner: 'ann', patterns: ['run'] }, ['run_2']],
  ['none', { owner: 'nobody' }, []],
  ['all, the names backwards', { reverse: true }, ['soon', 'new', 'late', 'run_2', 'run_10', 'Stuck', 'z']],
  ['all, what needs a human first', { sort: 'status' }, ['Stuck', 'run_10', 'run_2', 'soon', 'new', 'late', 'z']],
  ['all by progress, unknown last', { sort: 'progress' }, ['new', 'run_10', 'run_2', 'soon', 'z', 'late', 'Stuck']],
  [
    'all by progress backwards, unknown last',
    { sort: 'progress', reverse: true },
    ['z', 'late', 'soon', 'run_2', 'run_10', 'new', 'Stuck'],
  ],
  ['those with an ETA first', { sort: 'eta' }, ['soon', 'late', 'z', 'Stuck', 'run_10', 'run_2', 'new']],
  [
    'all, the latest sign of life first',
    { sort: 'updated', reverse: true, project: 'lab' },
    ['Stuck', 'run_10', 'late', 'soon', 'run_2', 'new'],
  ],
];

describe('runs that are asked for', () => {
  for (const [what, filter, expected] of filters) {
    it(`are ${what}`, () => {
      const selected = selectRuns(RUNS, { ...EVERY_RUN, ...filter });
      assert.deepEqual(
        selected.map(({ config }) => config.replace(/^.*\/|\.py$/g, '')),
        expected,
      );
    });
  }

  it('are a list of their own', () => {
    const before = [...RUNS];
    selectRuns(RUNS, { ...EVERY_RUN, sort: 'status' });
    assert.deepEqual(RUNS, before);
  });
});

const patterns: [string, string, boolean][] = [
  ['exp', 'configs/exp/a.py', true],
  ['EXP/A', 'configs/exp/a.py', true],
  ['exq', 'configs/exp/a.py', false],
  ['configs/*.py', 'configs/exp/a.py', true],
  ['*/a.py', 'configs/exp/a.py', true],
  ['a*', 'configs/exp/a.py', true],
  ['xp*', 'configs/exp/a.py', false],
  ['*exp*', 'configs/exp/a.py', true],
  ['?.py', 'configs/exp/a.py', true],
  ['?.py', 'configs/exp/ab.py', false],
  ['configs/*/a?py', 'configs/exp/a.py', true],
  ['*', '', true],
  ['*a*b*c', 'a/b/cb/c', true],
  ['*a*b*c', 'a/b/cb', false],
  ['**', 'configs/a.py', true],
  ['[ab].py', 'configs/a.py', false],
  ['.', 'configs/a.py', true],
  ['', 'configs/a.py', true],
];

describe('a pattern', () => {
  for (const [pattern, text, expected] of patterns) {
    it(`"${pattern}" matches "${text}": ${expected}`, () => assert.equal(matchesPattern(pattern, text), expected));
  }

  it('cannot keep the bot busy', () => {
    const started = process.cpuUsage().user;
    assert.equal(matchesPattern(`${'*a'.repeat(1_000)}b`, 'a'.repeat(3_000)), false);
    assert.ok(process.cpuUsage().user - started < 2_000_000);
  });
});
