import type { GpuProcess } from '../../domain/host.ts';
import { parseCsv } from './csv.ts';
import { explainSmi, saysNoGpus } from './nvidia-smi.ts';
import { type CommandOutput, isWhole, type Reading } from './reading.ts';
import { bytes } from './smi-cells.ts';

const NOT_INSTALLED = 127;

/** `[Not Found]`, `[Insufficient Permissions]`, and what stands for nothing. */
const NO_NAME = /^(?:\[.*\]|N\/A|-|)$/;

/** Reads `--query-compute-apps`. A process whose pid is withheld cannot be told. */
export function readGpuProcesses(output: CommandOutput): Reading<readonly GpuProcess[]> {
  const table = parseCsv(output.lines, 'gpu_uuid', /^(?:GPU|MIG)-/);
  if (output.exit === NOT_INSTALLED || saysNoGpus(output, table)) return { value: [], problem: null };
  const problem = explainSmi(output, table);
  if (!isWhole(output) || table.columns.length === 0) {
    return { value: null, problem: problem ?? 'GPUs: nvidia-smi printed no processes' };
  }
  return { value: table.rows.flatMap(readGpuProcess), problem };
}

function readGpuProcess(row: ReadonlyMap<string, string>): GpuProcess[] {
  const pid = /^\d{1,10}$/.exec(row.get('pid') ?? '')?.[0];
  if (pid === undefined) return [];
  const name = row.get('process_name') ?? '';
  return [
    {
      gpuUuid: row.get('gpu_uuid') ?? '',
      pid: Number(pid),
      memory: bytes(row.get('used_gpu_memory') ?? row.get('used_memory')),
      name: NO_NAME.test(name) ? null : name,
    },
  ];
}
