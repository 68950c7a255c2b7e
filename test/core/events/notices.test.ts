import assert from 'node:assert/strict';
import { noticesOf } from '../../../src/core/events/notices.ts';
import type { Event } from '../../../src/domain/event.ts';
import { makeProject, makeRun, makeSnapshot, NO_RUNS, T0 } from '../../support/make.ts';

function finished(project: string, config: string): Event {
  const base = { at: T0, project, config, host: 'gpu1' };
  return { kind: 'run-finished', ...base, earlyStopped: false, completedEpochs: 10, session: 1 };
}

const found = (project: string): Event => ({ kind: 'project-found', at: T0, project, counts: NO_RUNS });

describe('noticesOf', () => {
  it('tells nothing of events that alerts or the digest tell', () => {
    const base = { at: T0, project: 'lab', config: 'configs/a.py', host: 'gpu1' };
    const events: Event[] = [
      { kind: 'run-started', ...base },
      { kind: 'run-failed', ...base, reason: 'fatal-error', summary: 'CUDA out of memory', completedEpochs: 1 },
      { kind: 'run-stuck', ...base, silentSince: null },
      { kind: 'host-lost', at: T0, host: 'gpu1', error: 'no answer' },
    ];
    assert.deepEqual(noticesOf(events, makeSnapshot()), []);
  });

  it('tells the finished runs of a project in one notice, with their totals where known', () => {
    const snapshot = makeSnapshot({ runs: [makeRun({ config: 'configs/a.py' })] });
    const events = [
      finished('lab', 'configs/a.py'),
      finished('lab', 'configs/gone.py'),
      finished('other', 'configs/a.py'),
    ];
    const [lab, other, ...rest] = noticesOf(events, snapshot);
    assert.deepEqual(rest, []);
    assert.deepEqual([lab?.name, other?.name], ['run-finished|lab', 'run-finished|other']);
    assert.deepEqual(lab?.labels, { event: 'run-finished', severity: 'info', project: 'lab' });
    const run = { host: 'gpu1', completed_epochs: 10, early_stopped: false, at: '2026-01-15T12:00:00.000Z' };
    assert.deepEqual(lab?.content.data, {
      project: 'lab',
      runs: [
        { ...run, config: 'configs/a.py', total_epochs: 10 },
        { ...run, config: 'configs/gone.py', total_epochs: null },
      ],
    });
  });

  it('counts what a project has at first sight, and names some of the bad ones', () => {
    const bad = Array.from({ length: 22 }, (_, index) =>
      makeRun({ config: `configs/bad${index}.py`, status: 'failed', reason: 'stopped-writing' }),
    );
    const runs = [
      ...bad,
      makeRun({ config: 'configs/stuck.py', status: 'stuck', reason: 'silent-process' }),
      makeRun({ config: 'configs/never.py', status: 'failed', reason: 'never-started' }),
      makeRun({ config: 'configs/a.py' }),
      makeRun({ config: 'configs/away.py', status: 'failed', reason: 'host-unreachable' }),
      makeRun({ project: 'other' }),
    ];
    const [notice, ...rest] = noticesOf([found('lab')], makeSnapshot({ runs, projects: [makeProject()] }));
    assert.deepEqual(rest, []);
    const [project] = (notice?.content.data.projects ?? []) as { failed_runs: string[] }[];
    assert.deepEqual(
      { ...project, failed_runs: undefined },
      {
        project: 'lab',
        root: '/lab',
        host: 'gpu1',
        total: 26,
        unknown: 1,
        running: 1,
        finished: 0,
        failed: 22,
        stuck: 1,
        outdated: 0,
        never_started: 1,
        failed_runs: undefined,
        more: 3,
      },
    );
    assert.equal(project?.failed_runs.length, 20);
  });

  it('tells projects that are found together, or one after the other, in one message', () => {
    const projects = ['lab', 'sim', 'old'].map((name) => makeProject({ name }));
    const [both, ...rest] = noticesOf([found('lab'), found('sim')], makeSnapshot({ projects }));
    assert.deepEqual(rest, []);
    const [third] = noticesOf([found('old')], makeSnapshot({ projects }));
    assert.ok(both?.merge && third);
    const merged = both.merge(both.content, third.content);
    assert.deepEqual(
      (merged.data.projects as { project: string }[]).map(({ project }) => project),
      ['lab', 'sim', 'old'],
    );
  });

  it('adds to the finished runs that wait, and survives a state that is not as it was', () => {
    const [first] = noticesOf([finished('lab', 'configs/a.py')], makeSnapshot());
    const [second] = noticesOf([finished('lab', 'configs/b.py')], makeSnapshot());
    const merge = first?.merge;
    assert.ok(merge && second);
    const configs = (waiting: typeof first.content) =>
      (merge(waiting, second.content).data.runs as { config: string }[]).map(({ config }) => config);
    assert.deepEqual(configs(first.content), ['configs/a.py', 'configs/b.py']);
    assert.deepEqual(configs({ ...first.content, data: { runs: 'damaged' } }), ['configs/b.py']);
  });
});
