import { alertRows } from './alerts.ts';
import { answerRows, answerSetting } from './answers.ts';
import { etaRows } from './eta.ts';
import { hostRows, hostSetting } from './host.ts';
import { latencyRows } from './latency.ts';
import { memoryRows } from './memory.ts';
import { type Line, measureRows, NOTHING, tableOf } from './row.ts';
import { scanRows, scanSetting } from './scan.ts';
import { snapshotRows } from './snapshot.ts';
import type { TreeSize } from './tree.ts';

/** Figures of one run on one machine: compare each with its baseline, not with those of another day. */
export async function printTable(tree: TreeSize): Promise<void> {
  const lines: Line[] = [];
  function add(line: Line): void {
    lines.push(line);
    process.stderr.write('.');
  }
  await measureRows(NOTHING, memoryRows, add);
  await measureRows(hostSetting, hostRows, add);
  await measureRows(scanSetting(tree), scanRows(tree), add);
  await measureRows(NOTHING, snapshotRows, add);
  await measureRows(NOTHING, latencyRows, add);
  await measureRows(NOTHING, alertRows, add);
  await measureRows(answerSetting, answerRows, add);
  await measureRows(NOTHING, etaRows, add);
  process.stderr.write('\n');
  console.log(tableOf(lines));
}
