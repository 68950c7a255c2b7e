import type { FileStamp, RunFacts } from '../../../src/domain/run.ts';
import { T0 } from '../../support/make.ts';

/** A run that wrote its last log line `ageMs` before T0. */
export function logAged(ageMs: number): FileStamp {
  return { path: '/lab/logs/exp/a/train_val_0.log', mtime: T0 - ageMs, size: 100 };
}

export function makeFacts(over: Partial<RunFacts> = {}): RunFacts {
  return {
    project: 'lab',
    config: 'configs/exp/a.py',
    workDir: 'logs/exp/a',
    format: 'pylon',
    totalEpochs: 10,
    workDirExists: true,
    completedEpochs: 3,
    newestArtifactAt: null,
    newestLog: logAged(5_000),
    errorLogAt: null,
    sessions: 1,
    logTail: null,
    earlyStop: null,
    pace: { epochTimes: [], longestSilenceMs: null },
    owner: 'ann',
    problem: null,
    ...over,
  };
}
