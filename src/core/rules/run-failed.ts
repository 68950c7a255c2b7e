import type { RuleVerdict } from '../../domain/alert.ts';
import type { Run } from '../../domain/run.ts';
import { failureSummary } from '../events/diff.ts';
import { type RunRule, runLabels } from './rule.ts';

/** A run that began and ended short of its epochs. One that never began is counted, not alerted. */
export const runFailed: RunRule = {
  name: 'run-failed',
  scope: 'run',
  // The session is part of the identity: a run that was started again and died again is a new failure.
  labels: (run) => ({ ...runLabels(run), session: String(run.sessions) }),
  evaluate,
};

function evaluate(run: Run): RuleVerdict {
  if (run.reason === 'host-unreachable' || run.reason === 'unreadable') return { state: 'unknown', reason: run.reason };
  if (run.status === 'running') return { state: 'clear', reason: 'running again' };
  if (run.status !== 'failed') return { state: 'clear', reason: run.status };
  if (run.reason === 'never-started') return { state: 'clear', reason: 'not started' };
  return { state: 'holds', summary: failureSummary(run), evidence: evidence(run) };
}

function evidence(run: Run): string[] {
  const { completedEpochs, totalEpochs } = run.progress;
  const place = run.verdict?.extracted;
  return [
    ...(run.verdict?.evidence.map((line) => line.text) ?? []),
    ...(place?.file === undefined
      ? []
      : [`raised at ${place.file}${place.line === undefined ? '' : `:${place.line}`}`]),
    `after ${completedEpochs}${totalEpochs === null ? '' : ` of ${totalEpochs}`} epochs`,
    ...(run.newestLog === null ? [] : [`log: ${run.newestLog.path}`]),
  ];
}
