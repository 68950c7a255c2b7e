import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { gpuLost } from '../../../src/core/rules/gpu-lost.ts';
import { hostUnreachable } from '../../../src/core/rules/host-unreachable.ts';
import { RULES } from '../../../src/core/rules/index.ts';
import { runFailed } from '../../../src/core/rules/run-failed.ts';
import { runStuck } from '../../../src/core/rules/run-stuck.ts';
import type { Run, Verdict } from '../../../src/domain/run.ts';
import { makeGpu, makeHost, makeRun, makeSample, T0 } from '../../support/make.ts';

const oom: Verdict = {
  category: 'gpu_oom',
  summary: 'CUDA out of memory on GPU 0: 20.00 MiB requested',
  evidence: [
    { line: 5, text: 'File "train.py", line 88, in step' },
    { line: 7, text: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.' },
  ],
  extracted: { device: 0, requested: '20.00 MiB', requestedBytes: 20 * 2 ** 20, file: 'train.py', line: 88 },
};

const verdicts: [string, Partial<Run>, string, string][] = [
  ['a running run', {}, 'clear', 'clear'],
  ['a failed run', { status: 'failed', reason: 'stopped-writing' }, 'holds', 'clear'],
  ['a run that never started', { status: 'failed', reason: 'never-started' }, 'clear', 'clear'],
  ['a stuck run', { status: 'stuck', reason: 'silent-process' }, 'clear', 'holds'],
  ['a finished run', { status: 'finished', reason: 'complete' }, 'clear', 'clear'],
  ['an outdated run', { status: 'outdated', reason: 'no-recent-epoch' }, 'clear', 'clear'],
  ['a run on a host out of reach', { status: 'failed', reason: 'host-unreachable' }, 'unknown', 'unknown'],
  ['a run that cannot be read', { status: 'failed', reason: 'unreadable' }, 'unknown', 'unknown'],
];

describe('rules', () => {
  for (const [name, over, failed, stuck] of verdicts) {
    it(`${name}: run-failed ${failed}, run-stuck ${stuck}`, () => {
      assert.equal(runFailed.evaluate(makeRun(over)).state, failed);
      assert.equal(runStuck.evaluate(makeRun(over)).state, stuck);
    });
  }

  it('gives the verdict, the place, the progress and the log as evidence of a failure', () => {
    assert.deepEqual(runFailed.evaluate(makeRun({ status: 'failed', reason: 'fatal-error', verdict: oom })), {
      state: 'holds',
      summary: 'CUDA out of memory on GPU 0: 20.00 MiB requested',
      evidence: [
        'File "train.py", line 88, in step',
        'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.',
        'after 3 of 10 epochs',
        'log: /lab/logs/exp/a/train_val_0.log',
      ],
    });
  });

  it('is not sure of a host before the first probe', () => {
    assert.equal(hostUnreachable.evaluate(makeHost({ reachable: null, sample: null })).state, 'unknown');
    assert.equal(hostUnreachable.evaluate(makeHost()).state, 'clear');
    const error = { kind: 'host-key-changed', message: 'the host key of gpu1 has changed' } as const;
    assert.deepEqual(hostUnreachable.evaluate(makeHost({ reachable: false, error })), {
      state: 'holds',
      summary: 'the host key of gpu1 has changed',
      evidence: [],
    });
  });

  for (const [name, state, reachable, verdict] of [
    ['a good GPU', 'ok', true, 'clear'],
    ['a lost GPU', 'lost', true, 'holds'],
    ['a GPU that nvidia-smi does not return for', 'hung', true, 'unknown'],
    ['a GPU of a host out of reach', 'lost', false, 'unknown'],
    ['a GPU before the first probe', 'ok', null, 'unknown'],
  ] as const) {
    it(`${name}: gpu-lost ${verdict}`, () => {
      assert.equal(gpuLost.evaluate({ host: makeHost({ reachable }), gpu: makeGpu({ state }) }).state, verdict);
    });
  }

  it('tells which GPU is lost, and what the kernel said of it', () => {
    const xid = { kind: 'xid', at: T0, code: 79, pid: null } as const;
    const kernelEvents = [
      { ...xid, busId: '0000:03:00.0', text: 'NVRM: Xid (PCI:0000:03:00): 79, fallen off the bus' },
      { ...xid, busId: '0000:04:00.0', text: 'of another' },
    ];
    const problems = [
      'GPUs: Unable to determine the device handle for GPU3: 0000:03:00.0: Unknown Error',
      'GPUs: nvidia-smi says of GPU 3: [GPU requires reset]',
      'GPUs: nvidia-smi says of GPU 33: [GPU requires reset]',
      'disks: of 0000:03:00.0',
    ];
    const host = makeHost({ sample: makeSample({ kernelEvents, problems }) });
    assert.deepEqual(gpuLost.evaluate({ host, gpu: makeGpu({ index: 3, state: 'lost' }) }), {
      state: 'holds',
      summary: 'GPU 3 (A100) answers no more',
      evidence: [
        'GPU-3',
        'PCI 0000:03:00.0',
        ...problems.slice(0, 2),
        'NVRM: Xid (PCI:0000:03:00): 79, fallen off the bus',
      ],
    });
    const nameless = makeGpu({ index: 3, state: 'lost', name: '', uuid: '', busId: '' });
    const verdict = gpuLost.evaluate({ host: makeHost(), gpu: nameless });
    assert.deepEqual(verdict, { state: 'holds', summary: 'GPU 3 answers no more', evidence: [] });
  });

  it('knows a GPU by its UUID, else by its place, else by its index', () => {
    const host = makeHost();
    const identityOf = (over: Parameters<typeof makeGpu>[0]) => gpuLost.identity({ host, gpu: makeGpu(over) }).gpu;
    assert.equal(identityOf({ index: 3 }), 'GPU-3');
    assert.equal(identityOf({ index: 3, uuid: '' }), '0000:03:00.0');
    assert.equal(identityOf({ index: 3, uuid: '', busId: '' }), '3');
    assert.deepEqual(gpuLost.labels({ host, gpu: makeGpu({ index: 3 }) }), { host: 'gpu1', gpu: '3' });
  });

  it('has every file of the folder in its registry', () => {
    const files = readdirSync('src/core/rules').filter((name) => !['index.ts', 'rule.ts'].includes(name));
    assert.deepEqual(RULES.map((rule) => `${rule.name}.ts`).sort(), files.sort());
  });
});
