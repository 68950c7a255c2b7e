import type { Progress, RunFacts } from '../../domain/run.ts';

/**
 * How far a run is. Epochs count on disk; an early stop is believed only where it names exactly the
 * epochs that are there, as `progress.json` can run ahead of the disk and outlive it.
 */
export function progressOf(facts: Pick<RunFacts, 'completedEpochs' | 'totalEpochs' | 'earlyStop'>): Progress {
  const { completedEpochs, totalEpochs, earlyStop } = facts;
  const earlyStopped = completedEpochs > 0 && earlyStop?.atEpoch === completedEpochs;
  return {
    completedEpochs,
    totalEpochs,
    percentage: earlyStopped ? 100 : percentageOf(completedEpochs, totalEpochs),
    earlyStopped,
    earlyStoppedAtEpoch: earlyStopped ? completedEpochs : null,
  };
}

function percentageOf(completed: number, total: number | null): number | null {
  if (total === null) return null;
  if (total <= 0) return 100;
  return Math.min(100, (completed / total) * 100);
}

/** Whether there is nothing left to train. */
export function isComplete(progress: Progress): boolean {
  if (progress.earlyStopped) return true;
  return progress.totalEpochs !== null && progress.completedEpochs >= progress.totalEpochs;
}
