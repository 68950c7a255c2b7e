import type { RuleVerdict } from '../../domain/alert.ts';
import { isUnknown, type Run } from '../../domain/run.ts';
import { isoTime, MINUTE } from '../../domain/time.ts';
import { type RunRule, runIdentity, runLabels } from './rule.ts';

/** A live process that shows no sign of life. Whether it is stuck is decided in core/runs/status.ts. */
export const runStuck: RunRule = {
  name: 'run-stuck',
  scope: 'run',
  identity: runIdentity,
  labels: runLabels,
  evaluate,
};

function evaluate(run: Run): RuleVerdict {
  if (isUnknown(run)) return { state: 'unknown', reason: run.reason };
  if (run.status !== 'stuck')
    return { state: 'clear', reason: run.status === 'running' ? 'writing again' : `now ${run.status}` };
  const process = run.process;
  const evidence = [
    ...(process === null ? [] : [`process ${process.pid} of ${process.user} is alive on ${process.host}`]),
    ...(run.lastUpdate === null ? [] : [`last sign of life: ${isoTime(run.lastUpdate)}`]),
    `a silence of up to ${Math.round(run.rhythm.allowedSilenceMs / MINUTE)} min is normal for it`,
    ...(run.newestLog === null ? [] : [`log: ${run.newestLog.path}`]),
  ];
  return { state: 'holds', summary: 'its process is alive, but its log stands still', evidence };
}
