import assert from 'node:assert/strict';
import { isComplete, progressOf } from '../../../src/core/runs/progress.ts';

describe('progressOf', () => {
  const table: [
    what: string,
    completed: number,
    total: number | null,
    stopAt: number | null,
    percentage: number | null,
    early: boolean,
    complete: boolean,
  ][] = [
    ['under way', 3, 12, null, 25, false, false],
    ['complete', 12, 12, null, 100, false, true],
    ['beyond a total that was lowered', 14, 12, null, 100, false, true],
    ['nothing to do', 0, 0, null, 100, false, true],
    ['total unknown', 3, null, null, null, false, false],
    ['stopped early', 5, 12, 5, 100, true, true],
    ['stopped early, total unknown', 5, null, 5, 100, true, true],
    ['the claim runs ahead of the disk', 4, 12, 5, (4 / 12) * 100, false, false],
    ['the claim is older than a resume', 6, 12, 5, 50, false, false],
    ['a claim of nothing', 0, 12, 0, 0, false, false],
  ];
  for (const [what, completedEpochs, totalEpochs, stopAt, percentage, early, complete] of table) {
    it(what, () => {
      const earlyStop = stopAt === null ? null : { atEpoch: stopAt };
      const progress = progressOf({ completedEpochs, totalEpochs, earlyStop });
      assert.deepEqual(progress, {
        completedEpochs,
        totalEpochs,
        percentage,
        earlyStopped: early,
        earlyStoppedAtEpoch: early ? completedEpochs : null,
      });
      assert.equal(isComplete(progress), complete);
    });
  }
});
