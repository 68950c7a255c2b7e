import type { RuleVerdict } from '../../domain/alert.ts';
import { isUnknown, type Run } from '../../domain/run.ts';
import { failureSummary } from '../events/diff.ts';
import { type RunRule, runIdentity, runLabels } from './rule.ts';

/** A run that began and ended short of its epochs. One that never began is counted, not alerted. */
export const runFailed: RunRule = {
  name: 'run-failed',
  scope: 'run',
  identity: runIdentity,
  labels: runLabels,
  evaluate,
};

function evaluate(run: Run): RuleVerdict {
  if (isUnknown(run)) return { state: 'unknown', reason: run.reason };
  if (run.status === 'running') return { state: 'clear', reason: 'running again' };
  if (run.status !== 'failed') return { state: 'clear', reason: run.status };
  if (run.reason === 'never-started') return { state: 'clear', reason: 'not started' };
  return { state: 'holds', summary: failureSummary(run), evidence: evidence(run) };
}

function evidence(run: Run): string[] {
  const { completedEpochs, totalEpochs } = run.progress;
  return [
    ...(run.verdict?.evidence.map((line) => line.text) ?? []),
    `after ${completedEpochs}${totalEpochs === null ? '' : ` of ${totalEpochs}`} epochs`,
    ...(run.newestLog === null ? [] : [`log: ${run.newestLog.path}`]),
  ];
}
