import assert from 'node:assert/strict';
import { decideStatus, type StatusContext } from '../../../src/core/runs/status.ts';
import type { RunFacts, RunProcess, Verdict } from '../../../src/domain/run.ts';
import { DAY, HOUR } from '../../../src/domain/time.ts';
import { makeRun, T0 } from '../../support/make.ts';
import { logAged, makeFacts } from './make-facts.ts';

const FATAL: Verdict = { category: 'error', summary: 'RuntimeError', evidence: [], extracted: {} };
const PROCESS: RunProcess = { host: 'gpu1', pid: 7, user: 'ann', startedAt: T0 - DAY, args: 'python main.py' };
const OLD = logAged(HOUR);
const FRESH = logAged(5_000);
const NERF = { format: 'nerfstudio', totalEpochs: 30_000, completedEpochs: 0, newestLog: null } as const;
const STEPS = { completedEpochs: 30_000, newestArtifactAt: T0 - DAY };
const EVAL = { format: 'evaluator', totalEpochs: 1, completedEpochs: 0, newestLog: OLD } as const;
const DONE = { completedEpochs: 10, newestArtifactAt: T0 - 10_000 };

function context(over: Partial<StatusContext> = {}): StatusContext {
  return {
    now: T0,
    clockSkewMs: 0,
    sleepTimeMs: 180_000,
    allowedSilenceMs: 180_000,
    outdated: { olderThanMs: 120 * DAY },
    process: null,
    processesKnown: true,
    previous: null,
    verdict: null,
    ...over,
  };
}

describe('decideStatus', () => {
  const seen = makeRun({ process: PROCESS, newestLog: FRESH });
  const table: [what: string, expected: string, facts: Partial<RunFacts>, context: Partial<StatusContext>][] = [
    ['young log', 'running log-active', { newestLog: FRESH }, {}],
    ['log of exactly sleep_time', 'running log-active', { newestLog: logAged(180_000) }, {}],
    ['log just older', 'failed stopped-writing', { newestLog: logAged(180_001) }, {}],
    ['young log of a complete run', 'running log-active', { ...DONE, newestLog: FRESH }, {}],
    ['complete, its process seen and gone', 'finished complete', { ...DONE, newestLog: FRESH }, { previous: seen }],
    [
      'complete, found over before, nothing written since',
      'finished complete',
      { ...DONE, newestLog: FRESH },
      { previous: makeRun({ status: 'finished', reason: 'complete', newestLog: FRESH }) },
    ],
    [
      'complete, found over before, written to since',
      'running log-active',
      { ...DONE, newestLog: FRESH },
      { previous: makeRun({ status: 'finished', reason: 'complete', newestLog: logAged(9_000) }) },
    ],
    [
      'complete, its process lives on',
      'running log-active',
      { ...DONE, newestLog: FRESH },
      { previous: seen, process: PROCESS },
    ],
    ['incomplete, its process seen and gone', 'running log-active', { newestLog: FRESH }, { previous: seen }],
    ['complete', 'finished complete', { ...DONE, newestLog: OLD }, {}],
    ['complete with a live process', 'finished complete', { ...DONE, newestLog: OLD }, { process: PROCESS }],
    ['zero epochs', 'finished complete', { totalEpochs: 0, completedEpochs: 0, newestLog: null }, {}],
    ['stopped early', 'finished early-stopped', { earlyStop: { atEpoch: 3 }, newestLog: OLD }, {}],
    [
      'an early stop that the disk refutes',
      'failed stopped-writing',
      { earlyStop: { atEpoch: 4 }, newestLog: OLD },
      {},
    ],
    ['old epochs', 'outdated no-recent-epoch', { ...DONE, newestArtifactAt: T0 - 121 * DAY, newestLog: OLD }, {}],
    ['old epochs, no limit', 'finished complete', { ...DONE, newestArtifactAt: 0, newestLog: OLD }, { outdated: null }],
    [
      'before a date',
      'outdated no-recent-epoch',
      { ...DONE, newestArtifactAt: 99, newestLog: OLD },
      { outdated: { before: 100 } },
    ],
    ['old epochs, incomplete', 'failed stopped-writing', { newestArtifactAt: 0, newestLog: OLD }, {}],
    ['silent process', 'stuck silent-process', { newestLog: OLD }, { process: PROCESS }],
    [
      'silent process, for no longer than its rhythm allows',
      'running process-alive',
      { newestLog: OLD },
      { process: PROCESS, allowedSilenceMs: HOUR },
    ],
    [
      'silent process, for longer than its rhythm allows',
      'stuck silent-process',
      { newestLog: OLD },
      { process: PROCESS, allowedSilenceMs: HOUR - 1 },
    ],
    [
      'a fatal end that shows after its process had gone',
      'failed fatal-error',
      { newestLog: FRESH },
      { verdict: FATAL, previous: makeRun({ ended: true, newestLog: logAged(60_000) }) },
    ],
    [
      'a fatal end of another start than the one whose process had gone',
      'running log-active',
      { newestLog: FRESH, sessions: 2 },
      { verdict: FATAL, previous: makeRun({ ended: true, newestLog: logAged(60_000) }) },
    ],
    ['nothing but an error log', 'failed stopped-writing', { newestLog: null, completedEpochs: 0, errorLogAt: 0 }, {}],
    ['no process, whatever its rhythm', 'failed stopped-writing', { newestLog: OLD }, { allowedSilenceMs: 2 * HOUR }],
    ['nerfstudio with a process', 'running process-alive', NERF, { process: PROCESS }],
    ['nerfstudio, complete but at it', 'running process-alive', { ...NERF, ...STEPS }, { process: PROCESS }],
    ['nerfstudio, complete', 'finished complete', { ...NERF, ...STEPS }, {}],
    ['nerfstudio, complete long ago', 'outdated no-recent-epoch', { ...NERF, ...STEPS, newestArtifactAt: 0 }, {}],
    ['nerfstudio, stopped', 'failed stopped-writing', { ...NERF, newestArtifactAt: T0 - DAY }, {}],
    ['nerfstudio, never begun', 'failed never-started', NERF, {}],
    ['evaluator with scores', 'finished complete', { ...EVAL, completedEpochs: 1, newestArtifactAt: T0 - DAY }, {}],
    ['evaluator that writes', 'running log-active', { ...EVAL, newestLog: FRESH }, {}],
    ['evaluator without scores', 'failed stopped-writing', EVAL, {}],
    ['evaluator that never began', 'failed never-started', { ...EVAL, newestLog: null }, {}],
    ['silent process that never wrote', 'stuck silent-process', { newestLog: null }, { process: PROCESS }],
    [
      'silent process of unknown age',
      'stuck silent-process',
      { newestLog: OLD },
      { process: { ...PROCESS, startedAt: null } },
    ],
    [
      'a process that has just started',
      'running process-alive',
      { newestLog: OLD },
      { process: { ...PROCESS, startedAt: T0 - 60_000 } },
    ],
    [
      'an epoch just written',
      'running process-alive',
      { newestLog: OLD, newestArtifactAt: T0 - 60_000 },
      { process: PROCESS },
    ],
    [
      'an epoch just written, no process',
      'failed stopped-writing',
      { newestLog: OLD, newestArtifactAt: T0 - 60_000 },
      {},
    ],
    ['never started', 'failed never-started', { workDirExists: false, newestLog: null, completedEpochs: 0 }, {}],
    ['only read, never started', 'failed never-started', { newestLog: null, completedEpochs: 0 }, {}],
    ['epochs without logs', 'failed stopped-writing', { newestLog: null }, {}],
    ['fatal, process seen and gone', 'failed fatal-error', { newestLog: FRESH }, { verdict: FATAL, previous: seen }],
    ['fatal, process lives', 'running log-active', { newestLog: FRESH }, { verdict: FATAL, process: PROCESS }],
    [
      'fatal, process lives, long silent',
      'stuck silent-process',
      { newestLog: OLD },
      { verdict: FATAL, process: PROCESS },
    ],
    ['fatal, none seen, silent for 9 s', 'running log-active', { newestLog: logAged(9_999) }, { verdict: FATAL }],
    ['fatal, none seen, silent for 10 s', 'failed fatal-error', { newestLog: logAged(10_000) }, { verdict: FATAL }],
    [
      'fatal, a host not asked',
      'running log-active',
      { newestLog: logAged(60_000) },
      { verdict: FATAL, processesKnown: false },
    ],
    [
      'fatal, a host not asked, old',
      'failed fatal-error',
      { newestLog: OLD },
      { verdict: FATAL, processesKnown: false },
    ],
    [
      'fatal, found over before',
      'failed fatal-error',
      { newestLog: FRESH },
      { verdict: FATAL, previous: makeRun({ status: 'failed', verdict: FATAL, newestLog: FRESH }) },
    ],
    ['fatal in the test stage of a complete run', 'finished complete', { ...DONE, newestLog: OLD }, { verdict: FATAL }],
    ['fatal before any log', 'failed fatal-error', { newestLog: null, completedEpochs: 0 }, { verdict: FATAL }],
    ['total unknown', 'failed stopped-writing', { totalEpochs: null, newestLog: OLD }, {}],
    ['unreadable', 'failed unreadable', { problem: 'x' }, {}],
    ['unreadable with a process', 'running unreadable', { problem: 'x' }, { process: PROCESS }],
    [
      'unreadable, known before',
      'finished unreadable',
      { problem: 'x' },
      { previous: makeRun({ status: 'finished' }) },
    ],
    ['the host is behind', 'running log-active', { newestLog: logAged(HOUR) }, { clockSkewMs: -HOUR }],
    ['the host is ahead', 'failed stopped-writing', { newestLog: FRESH }, { clockSkewMs: HOUR }],
    [
      'the host is ahead, old epochs',
      'outdated no-recent-epoch',
      { ...DONE, newestArtifactAt: T0 - 120 * DAY + HOUR, newestLog: OLD },
      { clockSkewMs: 2 * HOUR },
    ],
  ];
  for (const [what, expected, facts, over] of table) {
    it(`${what}: ${expected}`, () => {
      const { status, reason } = decideStatus(makeFacts(facts), context(over));
      assert.equal(`${status} ${reason}`, expected);
    });
  }
});
