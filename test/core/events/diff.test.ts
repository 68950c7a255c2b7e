import assert from 'node:assert/strict';
import { diff } from '../../../src/core/events/diff.ts';
import { remember } from '../../../src/core/events/known.ts';
import type { Run } from '../../../src/domain/run.ts';
import { EMPTY_STATE } from '../../../src/domain/state.ts';
import { makeHost, makeProject, makeRun, makeSnapshot, NO_RUNS, T0 } from '../../support/make.ts';

const progress = (completedEpochs: number): Run['progress'] => ({ ...makeRun().progress, completedEpochs });
const never = { status: 'failed', reason: 'never-started', sessions: 0, progress: progress(0) } as const;
const failed = { status: 'failed', reason: 'stopped-writing' } as const;
const finished = { status: 'finished', reason: 'complete', progress: progress(10) } as const;
const stuck = { status: 'stuck', reason: 'silent-process' } as const;

/** What a run was, what it is, and the kinds of event that makes. */
const changes: [string, Partial<Run> | null, Partial<Run> | null, string[]][] = [
  ['nothing', {}, {}, []],
  ['an epoch', {}, { progress: progress(4) }, ['epochs-completed']],
  ['an epoch taken back', {}, { progress: progress(2) }, []],
  ['finished', {}, finished, ['epochs-completed', 'run-finished']],
  ['failed', {}, failed, ['run-failed']],
  ['stuck', {}, stuck, ['run-stuck']],
  ['outdated', finished, { ...finished, status: 'outdated', reason: 'no-recent-epoch' }, ['run-outdated']],
  ['started', never, { progress: progress(0) }, ['run-started']],
  [
    'started and died between two looks',
    never,
    { ...failed, progress: progress(1) },
    ['run-started', 'epochs-completed', 'run-failed'],
  ],
  ['restarted', failed, { sessions: 2 }, ['run-restarted']],
  ['restarted and died between two looks', failed, { ...failed, sessions: 2 }, ['run-restarted', 'run-failed']],
  ['writing again in the same session', stuck, {}, ['run-recovered']],
  ['failed, then writing again', failed, {}, ['run-recovered']],
  ['still failed', failed, failed, []],
  ['a new config that waits', null, never, ['run-added']],
  ['a new config that runs already', null, { progress: progress(0) }, ['run-added', 'run-started']],
  [
    'a new config that has failed already',
    null,
    { ...failed, progress: progress(0) },
    ['run-added', 'run-started', 'run-failed'],
  ],
  ['a config removed', {}, null, ['run-removed']],
  ['its totals raised after it had finished', finished, { ...failed, progress: progress(10) }, []],
  ['its old logs pruned', { ...failed, sessions: 3 }, { ...failed, sessions: 2 }, []],
  ['its host out of reach', {}, { ...failed, reason: 'host-unreachable' }, []],
];

function knownAfter(run: Partial<Run> | null) {
  const first = remember(EMPTY_STATE, makeSnapshot({ runs: run === null ? [] : [makeRun(run)] }));
  return { ...EMPTY_STATE, ...first };
}

describe('diff', () => {
  for (const [name, before, after, kinds] of changes) {
    it(`${name}: ${kinds.join(', ') || 'no event'}`, () => {
      const snapshot = makeSnapshot({ at: T0 + 1000, runs: after === null ? [] : [makeRun(after)] });
      assert.deepEqual(
        diff(knownAfter(before), snapshot).map((event) => event.kind),
        kinds,
      );
    });
  }

  it('tells a project seen for the first time in one event, whatever its runs are', () => {
    const runs = Array.from({ length: 3000 }, (_, i) => makeRun({ ...failed, config: `configs/${i}.py` }));
    const events = diff(
      EMPTY_STATE,
      makeSnapshot({ runs: [...runs, makeRun({ ...never, config: 'configs/new.py' })] }),
    );
    assert.deepEqual(events, [
      {
        kind: 'project-found',
        at: T0,
        project: 'lab',
        counts: { ...NO_RUNS, failed: 3000, never_started: 1, total: 3001 },
      },
    ]);
  });

  it('hands on what a launcher did, but not what is a day old when its log is first seen', () => {
    const round = (at: number) => ({ kind: 'launcher-round', project: 'lab', at }) as const;
    const launcher = {
      cursor: { offset: 9, mark: 'm' },
      events: [round(T0 - 25 * 3_600_000), round(T0 - 3_600_000)],
    };
    const snapshot = makeSnapshot({ projects: [makeProject({ launcher })] });
    const first = diff(EMPTY_STATE, snapshot);
    assert.deepEqual(
      first.map(({ kind, at }) => [kind, at]),
      [
        ['project-found', T0],
        ['launcher-round', T0 - 3_600_000],
      ],
    );
    const known = remember(EMPTY_STATE, snapshot);
    assert.deepEqual(known.projects.lab?.launcherLog, launcher.cursor);
    assert.equal(diff(known, snapshot).length, 2);
    const silent = remember(known, makeSnapshot());
    assert.deepEqual(silent.projects.lab?.launcherLog, launcher.cursor);
  });

  it('counts no epochs of runs that have none', () => {
    const run = makeRun({ format: 'nerfstudio', progress: progress(2_000) });
    const known = remember(EMPTY_STATE, makeSnapshot({ runs: [run] }));
    assert.deepEqual(diff(known, makeSnapshot({ runs: [{ ...run, progress: progress(4_000) }] })), []);
  });

  it('says nothing of a project that could not be read, and forgets nothing', () => {
    const known = knownAfter({});
    const snapshot = makeSnapshot({ projects: [makeProject({ scanned: false })] });
    assert.deepEqual(diff(known, snapshot), []);
    assert.deepEqual(remember(known, snapshot).projects, known.projects);
  });

  it('tells a finish once for each start, also when it wrote on meanwhile', () => {
    const over = { ...finished, progress: progress(10) };
    let known = knownAfter(over);
    const step = (run: Partial<Run>) => {
      const snapshot = makeSnapshot({ at: T0 + 1000, runs: [makeRun(run)] });
      const kinds = diff(known, snapshot).map((event) => event.kind);
      known = { ...known, ...remember(known, snapshot) };
      return kinds;
    };
    assert.deepEqual(step({ progress: progress(10) }), []);
    assert.deepEqual(step(over), []);
    assert.deepEqual(step({ ...over, sessions: 2 }), ['run-restarted', 'run-finished']);
  });

  const removals: [string, Partial<Run>[], string[]][] = [
    ['and is seen', [never], ['run-started', 'epochs-completed', 'run-finished']],
    ['between two looks', [], ['run-restarted', 'epochs-completed', 'run-finished']],
  ];
  for (const [when, seen, kinds] of removals) {
    it(`tells the finish of a run that was trained anew after its work dir was removed ${when}`, () => {
      let known = knownAfter(finished);
      const steps = [...seen, { progress: progress(0) }, { progress: progress(2) }, finished].flatMap((run) => {
        const snapshot = makeSnapshot({ at: T0 + 1000, runs: [makeRun(run)] });
        const events = diff(known, snapshot).map((event) => event.kind);
        known = { ...known, ...remember(known, snapshot) };
        return events;
      });
      assert.deepEqual([...new Set(steps)], kinds);
    });
  }

  it('adds what was over before the project was first seen without a word on how it ended', () => {
    const known = knownAfter({});
    const archived = makeRun({ ...failed, config: 'configs/old.py', lastUpdate: T0 - 1 });
    const kinds = diff(known, makeSnapshot({ at: T0 + 1000, runs: [makeRun(), archived] })).map((event) => event.kind);
    assert.deepEqual(kinds, ['run-added']);
  });

  it('tells a config that went and came back as one that went', () => {
    const known = knownAfter(failed);
    const without = makeSnapshot({ at: T0 + 1000, runs: [] });
    assert.deepEqual(
      diff(known, without).map((event) => event.kind),
      ['run-removed'],
    );
    const after = { ...known, ...remember(known, without) };
    assert.deepEqual(diff(after, makeSnapshot({ at: T0 + 2000, runs: [] })), []);
    assert.deepEqual(diff(after, makeSnapshot({ at: T0 + 2000, runs: [makeRun(failed)] })), []);
    const week = remember(after, makeSnapshot({ at: T0 + 8 * 86_400_000, runs: [] }));
    assert.deepEqual(week.projects.lab?.runs, {});
  });

  it('tells hosts lost and back, but not a host seen for the first time', () => {
    const up = { ...EMPTY_STATE, ...remember(EMPTY_STATE, makeSnapshot()) };
    const error = { kind: 'timeout', message: 'no answer in 15 s' } as const;
    const down = makeSnapshot({ at: T0 + 60_000, hosts: [makeHost({ reachable: false, error, since: T0 + 60_000 })] });
    assert.deepEqual(
      diff(EMPTY_STATE, down).filter((event) => event.kind === 'host-lost'),
      [],
    );
    assert.deepEqual(diff(up, down), [
      { kind: 'host-lost', at: T0 + 60_000, host: 'gpu1', error: 'no answer in 15 s' },
    ]);
    const lost = { ...up, ...remember(up, down) };
    const back = makeSnapshot({ at: T0 + 90_000, hosts: [makeHost({ since: T0 + 90_000 })] });
    assert.deepEqual(diff(lost, back), [{ kind: 'host-back', at: T0 + 90_000, host: 'gpu1', awayMs: 30_000 }]);
  });
});

describe('remember', () => {
  it('keeps a run quiet that was bad at first sight, until it changes', () => {
    const quiet = (known: ReturnType<typeof remember>) => known.projects.lab?.runs['configs/exp/a.py']?.quiet;
    const first = remember(EMPTY_STATE, makeSnapshot({ runs: [makeRun(failed)] }));
    assert.equal(quiet(first), true);
    const same = remember(first, makeSnapshot({ runs: [makeRun(failed)] }));
    assert.equal(quiet(same), true);
    assert.equal(quiet(remember(same, makeSnapshot({ runs: [makeRun({ ...failed, sessions: 2 })] }))), false);
    const running = remember(same, makeSnapshot({ runs: [makeRun()] }));
    assert.equal(quiet(running), false);
    assert.equal(quiet(remember(running, makeSnapshot({ runs: [makeRun(failed)] }))), false);
  });
});
