import assert from 'node:assert/strict';
import { buildRun, type RunContext, type TailReader } from '../../../src/core/runs/build-run.ts';
import { readLogPace } from '../../../src/core/runs/rhythm.ts';
import type { RunProcess, Verdict } from '../../../src/domain/run.ts';
import { HOUR } from '../../../src/domain/time.ts';
import { projectSettings, T0 } from '../../support/make.ts';
import { logAged, makeFacts } from './make-facts.ts';

const PROJECT = projectSettings({ readFrom: 'disk', runsOn: ['gpu1', 'gpu2'] });
const PROCESS: RunProcess = { host: 'gpu1', pid: 7, user: 'ann', startedAt: T0 - HOUR, args: 'python main.py' };
const FATAL: Verdict = { category: 'error', summary: 'RuntimeError', evidence: [], extracted: {} };

function readerWith(explain: TailReader['explain']): TailReader {
  return { explain, pace: readLogPace };
}

function context(over: Partial<RunContext> = {}): RunContext {
  return {
    project: PROJECT,
    now: T0,
    clockSkewMs: 0,
    process: null,
    unseenHosts: new Set(),
    previous: null,
    reader: readerWith(() => null),
    ...over,
  };
}

describe('buildRun', () => {
  it('joins facts, progress and status', () => {
    const run = buildRun(makeFacts({ newestArtifactAt: T0 - 90_000 }), context({ clockSkewMs: 1_000 }));
    assert.deepEqual(run, {
      id: 'lab:configs/exp/a.py',
      project: 'lab',
      config: 'configs/exp/a.py',
      workDir: 'logs/exp/a',
      format: 'pylon',
      owner: 'ann',
      status: 'running',
      reason: 'log-active',
      progress: { completedEpochs: 3, totalEpochs: 10, percentage: 30, earlyStopped: false, earlyStoppedAtEpoch: null },
      rhythm: { epochMs: null, allowedSilenceMs: 180_000 },
      eta: null,
      process: null,
      ended: false,
      host: 'disk',
      sessions: 1,
      lastUpdate: T0 - 6_000,
      newestLog: logAged(5_000),
      verdict: null,
      problem: null,
    });
  });

  it('lives on the host of its process', () => {
    assert.equal(buildRun(makeFacts(), context({ process: PROCESS })).host, 'gpu1');
  });

  it('has no last update before it wrote anything', () => {
    assert.equal(buildRun(makeFacts({ newestLog: null }), context()).lastUpdate, null);
  });

  it('keeps the start of a process that wanders, and not of another one', () => {
    const previous = buildRun(makeFacts(), context({ process: PROCESS }));
    const start = (process: RunProcess) => buildRun(makeFacts(), context({ process, previous })).process?.startedAt;
    assert.equal(start({ ...PROCESS, startedAt: T0 - HOUR + 1_000 }), T0 - HOUR);
    assert.equal(start({ ...PROCESS, startedAt: T0 - 60_000 }), T0 - 60_000);
    assert.equal(start({ ...PROCESS, startedAt: null }), null);
    assert.equal(start({ ...PROCESS, pid: 8, startedAt: T0 - HOUR + 1_000 }), T0 - HOUR + 1_000);
  });

  it('takes a process to live on while its host cannot be asked', () => {
    const previous = buildRun(makeFacts(), context({ process: PROCESS }));
    const facts = makeFacts({ newestLog: logAged(HOUR) });
    const unseen = buildRun(facts, context({ previous, unseenHosts: new Set(['gpu1']) }));
    assert.deepEqual([unseen.status, unseen.process], ['stuck', PROCESS]);
    const other = buildRun(facts, context({ previous, unseenHosts: new Set(['gpu2']) }));
    assert.deepEqual([other.status, other.process], ['failed', null]);
  });

  it('explains an end once, and remembers it when the text is gone', () => {
    const asked: string[] = [];
    const explain = (tail: string): Verdict => {
      asked.push(tail);
      return FATAL;
    };
    const facts = makeFacts({ newestLog: logAged(60_000), logTail: 'Traceback' });
    const first = buildRun(facts, context({ reader: readerWith(explain) }));
    const second = buildRun(facts, context({ reader: readerWith(explain), previous: first }));
    const third = buildRun({ ...facts, logTail: null }, context({ reader: readerWith(explain), previous: second }));
    for (const run of [first, second, third]) {
      assert.deepEqual([run.status, run.reason, run.verdict], ['failed', 'fatal-error', FATAL]);
    }
    assert.deepEqual(asked, ['Traceback']);
    const resumed = buildRun(
      { ...facts, newestLog: logAged(1_000) },
      context({ reader: readerWith(() => null), previous: third }),
    );
    assert.deepEqual([resumed.status, resumed.verdict], ['running', null]);
  });

  it('tells no verdict of a run that lives', () => {
    const run = buildRun(
      makeFacts({ logTail: 'Traceback' }),
      context({ process: PROCESS, reader: readerWith(() => FATAL) }),
    );
    assert.deepEqual([run.status, run.verdict], ['running', null]);
  });

  it('remembers that its process was seen and is gone, until it is started again', () => {
    const live = buildRun(makeFacts(), context({ process: PROCESS }));
    const gone = buildRun(makeFacts(), context({ previous: live }));
    const later = buildRun(makeFacts(), context({ previous: gone }));
    const again = buildRun(makeFacts({ sessions: 2 }), context({ previous: later }));
    const back = buildRun(makeFacts(), context({ previous: later, process: PROCESS }));
    assert.deepEqual(
      [live, gone, later, again, back].map(({ ended }) => ended),
      [false, true, true, false, false],
    );
  });
});
