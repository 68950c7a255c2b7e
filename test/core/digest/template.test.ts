import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { buildDigest, type DigestInput } from '../../../src/core/digest/build-digest.ts';
import { cutDigest } from '../../../src/core/digest/cut-digest.ts';
import { addEvent, addSample, emptyMetrics } from '../../../src/core/digest/daily-metrics.ts';
import type { DigestSection, DigestView } from '../../../src/domain/digest.ts';
import type { Event } from '../../../src/domain/event.ts';
import type { Run } from '../../../src/domain/run.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time.ts';
import { createRenderer } from '../../../src/messages/renderer.ts';
import { makeProject, makeRun, makeSnapshot, NO_RUNS } from '../../support/make.ts';
import { makeFleetSample } from './sample.ts';

const SECTIONS: DigestSection[] = ['experiment_statistics', 'resource_utilization', 'key_events', 'progress_overview'];

/** 23:59 in Berlin. */
const SLOT = Date.parse('2024-01-15T22:59:00Z');
const WINDOW = { from: SLOT - DAY, to: SLOT };

function markdown(view: DigestView): string {
  const problems: string[] = [];
  const renderer = createRenderer({
    timeZone: view.time_zone,
    templatesDir: 'templates',
    overrideDir: null,
    readFile: (file) => readFileSync(file, 'utf8'),
    onProblem: (text) => problems.push(text),
  });
  const text = renderer.markdown({
    template: 'digest',
    kind: 'digest',
    severity: null,
    resolved: false,
    data: { ...view },
  });
  assert.deepEqual(problems, []);
  return text;
}

function build(over: Partial<DigestInput> & { readonly sections?: readonly DigestSection[] } = {}): DigestView {
  return buildDigest({
    metrics: noMetrics(),
    snapshot: makeSnapshot({ at: SLOT }),
    window: WINDOW,
    label: '2024-01-15',
    timeZone: 'Europe/Berlin',
    settings: { sections: over.sections ?? SECTIONS, nearCompletionPct: 90, longRunningDays: 7 },
    late: false,
    missed: [],
    ...over,
  });
}

function noMetrics() {
  return emptyMetrics(WINDOW.from, 5 * MINUTE);
}

function progress(completedEpochs: number, totalEpochs: number): Run['progress'] {
  const percentage = (100 * completedEpochs) / totalEpochs;
  return { completedEpochs, totalEpochs, percentage, earlyStopped: false, earlyStoppedAtEpoch: null };
}

function exampleDay(): DigestView {
  const hour = (h: number, minute = 0) => WINDOW.from + MINUTE + h * HOUR + minute * MINUTE;
  const oom = { category: 'gpu_oom' as const, summary: 'CUDA out of memory', evidence: [], extracted: {} };
  const base = { project: 'lab', host: 'gpu1' };
  const runs = [
    makeRun({ config: 'configs/exp/baseline.py', progress: progress(19, 20) }),
    makeRun({
      config: 'configs/exp/large_model.py',
      progress: progress(45, 100),
      process: { host: 'gpu1', pid: 1, user: 'ann', startedAt: SLOT - 10 * DAY, args: '' },
    }),
    makeRun({ config: 'configs/exp/done.py', status: 'finished', reason: 'complete', lastUpdate: SLOT - HOUR }),
    makeRun({
      config: 'configs/exp/model_v3.py',
      status: 'failed',
      reason: 'fatal-error',
      verdict: oom,
      lastUpdate: SLOT - HOUR,
    }),
    makeRun({ config: 'configs/exp/model_v2.py', status: 'stuck', reason: 'silent-process' }),
  ];
  const events: Event[] = [
    { kind: 'run-stuck', at: hour(14, 15), ...base, config: 'configs/exp/model_v2.py', silentSince: hour(11, 15) },
    ...[1, 2, 3, 4, 5].map((n) => ({
      ...{ kind: 'run-outdated' as const, at: hour(16, 30), ...base },
      config: `configs/old/${n}.py`,
    })),
    {
      ...{ kind: 'run-failed' as const, at: hour(18, 45), ...base, config: 'configs/exp/model_v3.py' },
      ...{ reason: 'fatal-error' as const, summary: 'CUDA out of memory', completedEpochs: 3 },
    },
    { kind: 'host-lost', at: hour(20), host: 'gpu2', error: 'no route to host' },
    { kind: 'host-back', at: hour(21), host: 'gpu2', awayMs: HOUR },
    { kind: 'project-found', at: hour(22), project: 'lab', counts: NO_RUNS },
  ];
  let metrics = events.reduce(addEvent, noMetrics());
  for (let at = WINDOW.from; at < WINDOW.to; at += 5 * MINUTE) {
    const use = at === hour(14, 29) ? 95.2 : 78.5;
    const gpus = Array.from({ length: 20 }, (_, index) => (index < 4 ? ([0, false] as const) : ([use] as const)));
    metrics = addSample(metrics, makeFleetSample(at, [{ cpu: at === hour(15, 44) ? 88.1 : 65.3, gpus }]));
  }
  return build({ metrics, snapshot: makeSnapshot({ at: SLOT, runs }) });
}

describe('the text of a digest', () => {
  it('has the headings and facts of a day', () => {
    assert.equal(
      markdown(exampleDay()),
      `# Daily Summary - 2024-01-15

## Experiment Statistics

- **Total Active Experiments**: 5
  - Running: 2
  - Finished Today: 1
  - Failed: 1 (1 today)
    - 1 × CUDA out of memory (configs/exp/model_v3.py)
  - Stuck: 1
- **Started Today**: 0
- **All Experiments**: 5 (1 finished, 0 outdated, 0 never started)

## Resource Utilization

- **GPU Usage**:
  - Average: 62.8%
  - Peak: 76.2% (14:29)
  - Idle GPUs: 4/20 (20%)
- **CPU Usage**:
  - Average: 65.4%
  - Peak: 88.1% (15:44)

## Key Events

- 14:15 - Stuck process: configs/exp/model_v2.py (no progress for 3 h)
- 16:30 - 5 runs outdated: configs/old/1.py, configs/old/2.py, configs/old/3.py, …
- 18:45 - Error in configs/exp/model_v3.py: CUDA out of memory
- 20:00 - Host gpu2 could not be reached: no route to host
- 21:00 - Host gpu2 is back (away for 1 h)
- 22:00 - Project lab seen for the first time

## Progress Overview

- **Overall Completion**: 20% (1/5 experiments)
- **Near Completion** (>90%):
  - configs/exp/baseline.py: 95% (19/20 epochs)
- **Long Running** (>7 days):
  - configs/exp/large_model.py: Running for 10 days (45% complete)
`,
    );
  });

  it('says what is not known', () => {
    const text = markdown(build());
    for (const line of [
      'Only 0% of the time was observed: the figures are of that part.',
      '- **GPU Usage**: no GPU was observed',
      '- **CPU Usage**: no CPU was observed',
      'Nothing of note.',
      '- **Overall Completion**: no experiments',
      '- **Near Completion** (>90%): none',
    ]) {
      assert.ok(text.includes(line), `${line}\n${text}`);
    }
  });

  it('has the sections that are wanted, in their order', () => {
    const text = markdown(build({ sections: ['progress_overview', 'key_events'] }));
    assert.deepEqual(text.match(/^## .*/gm), ['## Progress Overview', '## Key Events']);
    assert.equal(markdown(build({ sections: [] })).match(/^## /gm), null);
  });

  it('says that it is late, and which days it also tells of', () => {
    const over = { late: true, missed: ['2024-01-13', '2024-01-14'], snapshot: makeSnapshot({ at: SLOT + 9 * HOUR }) };
    const metrics = addEvent(noMetrics(), { kind: 'project-found', at: SLOT - HOUR, project: 'lab', counts: NO_RUNS });
    const text = markdown(build({ ...over, metrics }));
    assert.match(text, /^Late: made at 2024-01-16 08:59, /m);
    assert.match(text, /^Also for 2024-01-13, 2024-01-14, which had no summary\.$/m);
    assert.match(text, /^- 2024-01-15 22:59 - Project lab/m);
  });

  it('folds events, and names the project where there are several', () => {
    const failed = ['a', 'b', 'c', 'd'].map((name, index) => ({
      ...{ kind: 'run-failed' as const, at: SLOT - HOUR, project: 'lab', host: 'gpu1', config: `configs/${name}.py` },
      ...{ reason: 'fatal-error' as const, summary: `CUDA out of memory: ${index} MiB`, completedEpochs: 0 },
    }));
    const base = { at: SLOT - HOUR, project: 'lab', host: 'gpu1', config: 'configs/a.py' };
    const events: Event[] = [
      ...failed,
      { kind: 'run-stuck', ...base, silentSince: null },
      { kind: 'run-stuck', ...base, config: 'configs/b.py', silentSince: SLOT - 2 * HOUR },
      { kind: 'host-lost', at: SLOT - HOUR, host: 'gpu2', error: 'no route' },
      { kind: 'host-lost', at: SLOT - HOUR, host: 'gpu2', error: 'timeout' },
      { kind: 'host-back', at: SLOT - HOUR, host: 'gpu2', awayMs: HOUR },
      { kind: 'host-back', at: SLOT - HOUR, host: 'gpu2', awayMs: MINUTE },
      { kind: 'stuck-removed', ...base, runs: ['a', 'b'].map((config) => ({ config, host: 'ann@gpu1', pid: 7 })) },
      { kind: 'outdated-cleaned', ...base, days: 120, workDirs: ['logs/1', 'logs/2', 'logs/3', 'logs/4'] },
      { kind: 'run-error', ...base, errorLog: 'logs/a/error.log' },
      { kind: 'gpus-disconnected', ...base, gpus: { 'ann@gpu1': [0, 1] } },
      { kind: 'hosts-disconnected', ...base, hosts: ['ann@gpu1'] },
      { kind: 'hosts-disconnected', ...base, hosts: ['ann@gpu1'] },
      { kind: 'launcher-error', ...base, text: 'the disk is full' },
    ];
    const projects = ['lab', 'other'].map((name) => makeProject({ name }));
    const runs = [makeRun({ progress: progress(19, 20) }), makeRun({ project: 'other', reason: 'host-unreachable' })];
    const text = markdown(
      build({
        metrics: addSample(
          events.reduce(addEvent, noMetrics()),
          makeFleetSample(SLOT - MINUTE, [{ cpu: 9, gpus: [] }, null]),
        ),
        snapshot: makeSnapshot({ at: SLOT, runs, projects }),
      }),
    );
    for (const line of [
      '- 22:59 - 4 runs failed: CUDA out of memory: 0 MiB (configs/a.py, configs/b.py, configs/c.py, …)',
      '- 22:59 - 2 stuck processes: configs/a.py, configs/b.py (no progress for 1 h)',
      '- 22:59 - Host gpu2 could not be reached, 2 times: no route',
      '- 22:59 - Host gpu2 is back, 2 times (away for 1 h at most)',
      '- 22:59 - 2 stuck runs removed by the launcher: a, b',
      '- 22:59 - 4 outdated runs cleaned by the launcher: logs/1, logs/2, logs/3, …',
      '- 22:59 - The launcher found error logs of configs/a.py',
      '- 22:59 - The launcher could not reach GPUs 0, 1 of ann\\@gpu1',
      '- 22:59 - The launcher could not reach ann\\@gpu1, 2 times',
      '- 22:59 - Fault of the launcher: the disk is full',
      '  - lab: configs/exp/a.py: 95% (19/20 epochs)',
      '- 1 experiment on hosts that cannot be reached: counted by the last status known',
      '  - gpu1: GPU ?, CPU 9% (observed 0.1% of the time)',
      '  - gpu2: GPU ?, CPU ? (observed 0% of the time)',
    ]) {
      assert.ok(text.includes(line), `${line}\n${text}`);
    }
  });

  it('is cut in a message and whole in the file', () => {
    const runs = Array.from({ length: 25 }, (_, index) =>
      makeRun({ config: `configs/${index}.py`, progress: progress(19, 20) }),
    );
    const view = build({ snapshot: makeSnapshot({ at: SLOT, runs }) });
    assert.equal(markdown(view).match(/\(19\/20 epochs\)/g)?.length, 25);
    const cut = markdown(cutDigest(view));
    assert.equal(cut.match(/\(19\/20 epochs\)/g)?.length, 10);
    assert.match(cut, /^ {2}- and 15 more$/m);
  });

  it('keeps hostile names literal', () => {
    const name = 'configs/**bold**\n# Heading\n- [x](http://evil) <@U1> {{ date }}.py';
    const text = markdown(
      build({ snapshot: makeSnapshot({ at: SLOT, runs: [makeRun({ config: name, progress: progress(19, 20) })] }) }),
    );
    assert.equal(text.match(/^# /gm)?.length, 1);
    assert.ok(text.includes('\\*\\*bold'), text);
    assert.ok(text.includes('{{ date }}'), text);
    assert.ok(!text.includes('[x](http'), text);
  });
});
