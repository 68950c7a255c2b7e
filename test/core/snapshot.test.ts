import assert from 'node:assert/strict';
import { readLogPace } from '../../src/core/runs/rhythm.ts';
import { buildSnapshot, type Seen, trainersOf } from '../../src/core/snapshot.ts';
import type { HostState } from '../../src/domain/host.ts';
import type { Project, ProjectScan, Run, RunFacts } from '../../src/domain/run.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { makeHost, makeRun, makeSample, projectSettings, T0 } from '../support/make.ts';
import { logAged, makeFacts } from './runs/make-facts.ts';

const lab = projectSettings({ runsOn: ['gpu1', 'gpu2'], expectedFiles: ['training_losses.pt'] });

const trainer = {
  pid: 42,
  user: 'ann',
  startedAt: T0 - 60 * MINUTE,
  args: 'python main.py --config-filepath configs/exp/a.py',
  rss: 1,
  state: 'S',
  cwd: null,
};
const process = { host: 'gpu2', pid: 42, user: 'ann', startedAt: trainer.startedAt, args: trainer.args };
const silent = { newestLog: logAged(10 * MINUTE) };
const up = (name: string, processes: HostState['sample'] = makeSample({ host: name })): HostState =>
  makeHost({ name, sample: processes });
const withTrainer = (name: string): HostState => up(name, makeSample({ host: name, processes: [trainer] }));
const down = (name: string): HostState => makeHost({ name, reachable: false });
const unprobed = (name: string): HostState => makeHost({ name, reachable: null, sample: null });

function scanOf(...runs: RunFacts[]): ProjectScan {
  return { project: 'lab', at: T0, runs, absent: false, launcher: null, problems: [] };
}

function snapshotOf(
  over: Partial<Seen> & { readonly facts?: Partial<RunFacts>; readonly before?: Run | null; readonly now?: number },
) {
  const { facts = {}, before = null, now = T0, ...seen } = over;
  const hosts = seen.hosts ?? [up('gpu1'), up('gpu2')];
  return buildSnapshot(
    {
      hosts,
      processes: trainersOf(hosts, new WeakMap()),
      projects: [lab],
      scans: new Map([['lab', scanOf(makeFacts(facts))]]),
      scanErrors: new Map(),
      launcher: new Map(),
      reading: new Map(),
      builtFrom: new WeakMap(),
      previous: new Map(before === null ? [] : [[before.id, before]]),
      ...seen,
    },
    { explain: () => null, pace: readLogPace },
    now,
  );
}

const outOfReach = 'host-unreachable';
const finished = makeRun({ status: 'finished', reason: 'complete' });
const runningThere = makeRun({ process, host: 'gpu2' });
const frozenBefore = makeRun({ status: 'failed', reason: outOfReach });

/** Hosts, what the disk says, what was known before, and what the run is then. */
const cases: [string, HostState[], Partial<RunFacts>, Run | null, Partial<Run>][] = [
  ['is alive on another host', [up('gpu1'), withTrainer('gpu2')], silent, null, { status: 'stuck', host: 'gpu2' }],
  ['writes', [up('gpu1'), up('gpu2')], {}, null, { status: 'running', reason: 'log-active', host: 'gpu1' }],
  ['is dead', [up('gpu1'), up('gpu2')], silent, null, { status: 'failed', reason: 'stopped-writing' }],
  [
    'has its disk out of reach',
    [down('gpu1'), up('gpu2')],
    silent,
    finished,
    { status: 'finished', reason: outOfReach },
  ],
  [
    'has its disk out of reach and no past',
    [down('gpu1'), up('gpu2')],
    {},
    null,
    { status: 'running', reason: outOfReach },
  ],
  [
    'may live on a host that is away',
    [up('gpu1'), down('gpu2')],
    silent,
    null,
    { status: 'failed', reason: outOfReach },
  ],
  ['may still live there', [up('gpu1'), down('gpu2')], silent, frozenBefore, { status: 'failed', reason: outOfReach }],
  ['may live on a host not probed yet', [up('gpu1'), unprobed('gpu2')], silent, null, { reason: outOfReach }],
  [
    'lived on a host now away',
    [up('gpu1'), down('gpu2')],
    silent,
    runningThere,
    { status: 'running', reason: outOfReach },
  ],
  [
    'writes although its host is away',
    [up('gpu1'), down('gpu2')],
    {},
    runningThere,
    { status: 'running', reason: 'log-active' },
  ],
  [
    'is known dead while a host is away',
    [up('gpu1'), down('gpu2')],
    silent,
    makeRun(),
    { status: 'failed', reason: 'stopped-writing' },
  ],
  [
    'is silent on a host that answers',
    [withTrainer('gpu1'), down('gpu2')],
    silent,
    null,
    { status: 'stuck', reason: 'silent-process' },
  ],
];

describe('buildSnapshot', () => {
  for (const [name, hosts, facts, before, expected] of cases) {
    it(`knows of a run that ${name}: ${expected.reason ?? expected.status}`, () => {
      const [run] = snapshotOf({ hosts, facts, before }).runs;
      assert.ok(run);
      assert.deepEqual({ ...run, ...expected }, run);
    });
  }

  it('finds the process on the host where it lives', () => {
    const [run] = snapshotOf({ hosts: [up('gpu1'), withTrainer('gpu2')] }).runs;
    assert.deepEqual(run?.process, process);
  });

  it('looks only at the hosts of the project', () => {
    const [run] = snapshotOf({
      projects: [{ ...lab, runsOn: ['gpu1'] }],
      hosts: [up('gpu1'), withTrainer('gpu2')],
    }).runs;
    assert.equal(run?.process, null);
  });

  it('tells the log times of a host whose clock is ahead in our own', () => {
    const ahead = makeHost({ sample: makeSample({ clockSkewS: 600 }) });
    const [run] = snapshotOf({ hosts: [ahead, up('gpu2')], facts: { newestLog: logAged(-10 * MINUTE) } }).runs;
    assert.equal(run?.lastUpdate, T0);
    assert.equal(run?.status, 'running');
  });

  it('tells when a launcher did something in our own clock', () => {
    const reading = (at: number) => ({
      cursor: { offset: 1, mark: 'm' },
      events: [{ kind: 'launcher-round' as const, project: 'lab', at }],
    });
    const hosts = [up('gpu1', makeSample({ host: 'gpu1', clockSkewS: 3600 })), up('gpu2')];
    const { projects } = snapshotOf({ hosts, launcher: new Map([['lab', reading(T0 + 50 * MINUTE)]]) });
    assert.deepEqual(projects[0]?.launcher, reading(T0 - 10 * MINUTE));
  });

  describe('of the same facts', () => {
    const DAY = 24 * 60 * MINUTE;
    const old = { newestLog: logAged(DAY), newestArtifactAt: T0 - DAY };
    const complete = { ...old, completedEpochs: 10 };
    const cases: [string, Partial<RunFacts>, Partial<Project>, number, boolean, string][] = [
      ['a finished run is not built again', complete, {}, MINUTE, true, 'finished'],
      ['nor is a failed one', old, {}, MINUTE, true, 'failed'],
      ['a finished one grows outdated', complete, { outdated: { olderThanMs: 2 * DAY } }, 2 * DAY, false, 'outdated'],
      ['one that runs falls silent', { newestLog: logAged(MINUTE) }, {}, 5 * MINUTE, false, 'failed'],
    ];
    for (const [name, facts, settings, laterMs, same, status] of cases) {
      it(name, () => {
        const seen = {
          projects: [{ ...lab, ...settings }],
          scans: new Map([['lab', scanOf(makeFacts(facts))]]),
          builtFrom: new WeakMap(),
        };
        const [before] = snapshotOf(seen).runs;
        assert.ok(before);
        const again = { ...seen, previous: new Map([[before.id, before]]) };
        const [after] = snapshotOf({ ...again, now: T0 + laterMs }).runs;
        assert.deepEqual([after === before, after?.status], [same, status]);
        const found = snapshotOf({ ...again, hosts: [up('gpu1'), withTrainer('gpu2')] }).runs[0];
        assert.equal(found?.process?.host, 'gpu2', 'a process that came is seen');
      });
    }
  });

  it('keeps the verdict of a log that has not changed', () => {
    const verdict = { category: 'error' as const, summary: 'KeyError', evidence: [], extracted: {} };
    const before = makeRun({ status: 'failed', reason: 'fatal-error', verdict, newestLog: logAged(10 * MINUTE) });
    const [run] = snapshotOf({ facts: silent, before }).runs;
    assert.equal(run?.verdict, verdict);
  });

  const scanned: [string, HostState[], boolean][] = [
    ['all have answered', [up('gpu1'), up('gpu2')], true],
    ['one has failed to answer', [up('gpu1'), down('gpu2')], true],
    ['one was not asked yet', [up('gpu1'), unprobed('gpu2')], false],
  ];
  for (const [name, hosts, expected] of scanned) {
    it(`a project ${expected ? 'is' : 'is not'} scanned when ${name}`, () => {
      assert.equal(snapshotOf({ hosts }).projects[0]?.scanned, expected);
    });
  }

  it('is not scanned, and has no runs, before its disk was read', () => {
    const { projects, runs } = snapshotOf({ scans: new Map(), scanErrors: new Map([['lab', 'cut off']]) });
    assert.deepEqual(projects, [
      {
        name: 'lab',
        root: '/lab',
        readFrom: 'gpu1',
        scanned: false,
        stale: true,
        problems: ['cut off'],
        reading: null,
        launcher: null,
      },
    ]);
    assert.deepEqual(runs, []);
  });

  it('tells what could not be read beside what was', () => {
    const scan = { ...scanOf(makeFacts()), problems: ['a.py cannot be read'] };
    const { projects, runs } = snapshotOf({
      scans: new Map([['lab', scan]]),
      scanErrors: new Map([['lab', 'cut off']]),
    });
    assert.deepEqual(projects[0]?.problems, ['a.py cannot be read', 'cut off']);
    assert.equal(runs.length, 1);
  });
});

describe('buildSnapshot of a disk that is not there', () => {
  const gone: [string, Partial<Seen>][] = [
    ['moved away or unmounted', { scans: new Map([['lab', { ...scanOf(makeFacts(silent)), absent: true }]]) }],
    ['not readable', { scanErrors: new Map([['lab', 'looking at the run folders took too long']]) }],
  ];
  for (const [name, seen] of gone) {
    it(`leaves runs as they were known: ${name}`, () => {
      const { runs, projects } = snapshotOf({ facts: silent, before: makeRun(), ...seen });
      assert.deepEqual([runs[0]?.status, runs[0]?.reason, projects[0]?.stale], ['running', outOfReach, true]);
    });
  }
});
