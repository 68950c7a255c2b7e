import type { Gpu, GpuProcess } from '../../domain/host.ts';
import { type CsvTable, parseCsv } from './csv.ts';
import { NVIDIA_SMI_LIMIT_S } from './program.ts';
import { type CommandOutput, explainCommand, isWhole, quoted, type Reading } from './reading.ts';

/** Exit codes of nvidia-smi (its manual, RETURN VALUE); the last is the shell's. */
const EXIT = { good: 0, noDevices: 6, infoRomWarning: 14, notInstalled: 127 };

const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** What stands in a cell when the hardware no longer answers, as against a figure it does not have. */
const LOST_CELL = /^\[?GPU (?:is lost|requires reset)\]?$/;
const LOST_LINE = /GPU is lost|Unable to determine the device handle for GPU/i;

/**
 * Reads `--query-gpu`. A cell that is no number of the right unit (`[N/A]`, `[Unknown Error]` ...) is
 * null. A lost GPU is in the list where its index or UUID is told; the good rows beside it stay good.
 * A list that broke off is unknown, so that no GPU seems to have vanished.
 */
export function parseGpus(output: CommandOutput): Reading<readonly Gpu[]> {
  const table = parseCsv(output.lines, 'index', /^\d{1,4}$/);
  if (hasNoGpus(output, table)) return { value: [], problem: null };
  const problem = explain(output, table);
  if (!isWhole(output)) return { value: null, problem };

  const gpus = new Map(table.rows.map(readGpu).map((gpu) => [gpu.index, gpu]));
  for (const line of table.messages) if (LOST_LINE.test(line)) markLost(gpus, line);
  if (gpus.size === 0) return { value: null, problem: problem ?? 'GPUs: nvidia-smi printed none' };
  return { value: [...gpus.values()].sort((a, b) => a.index - b.index), problem };
}

/** Reads `--query-compute-apps`. A process whose pid is withheld cannot be told. */
export function parseGpuProcesses(output: CommandOutput): Reading<readonly GpuProcess[]> {
  const table = parseCsv(output.lines, 'gpu_uuid', /^(?:GPU|MIG)-/);
  if (hasNoGpus(output, table)) return { value: [], problem: null };
  const problem = explain(output, table);
  if (!isWhole(output) || table.columns.length === 0) {
    return { value: null, problem: problem ?? 'GPUs: nvidia-smi printed no processes' };
  }
  return { value: table.rows.flatMap(readGpuProcess), problem };
}

/** Leaves the GPUs that the configuration names, and what runs on them. `wanted` is `all` or `0,1`. */
export function onlyWanted(
  wanted: string,
  gpus: readonly Gpu[] | null,
  processes: readonly GpuProcess[] | null,
): { gpus: readonly Gpu[] | null; gpuProcesses: readonly GpuProcess[] | null } {
  if (!/^\d{1,4}(?:,\d{1,4})*$/.test(wanted)) return { gpus, gpuProcesses: processes };
  const indices = new Set(wanted.split(',').map(Number));
  const others = new Set(gpus?.filter(({ index }) => !indices.has(index)).map(({ uuid }) => uuid));
  return {
    gpus: gpus?.filter(({ index }) => indices.has(index)) ?? null,
    gpuProcesses: processes?.filter(({ gpuUuid }) => !others.has(gpuUuid)) ?? null,
  };
}

function hasNoGpus({ exit }: CommandOutput, { rows, messages }: CsvTable): boolean {
  if (exit === EXIT.notInstalled) return true;
  const saysSo = messages.some((line) => /^No devices were found/i.test(line));
  return rows.length === 0 && (saysSo || (exit === EXIT.noDevices && messages.length === 0));
}

function explain(output: CommandOutput, { columns, messages }: CsvTable): string | null {
  const lost = messages.find((line) => LOST_LINE.test(line));
  if (isWhole(output) && lost !== undefined) return `GPUs: ${quoted(lost)}`;
  if (output.exit === EXIT.good) return null;
  if (output.exit === EXIT.infoRomWarning && columns.length > 0) return null;
  return `GPUs: ${explainCommand('nvidia-smi', NVIDIA_SMI_LIMIT_S, output, messages)}`;
}

function readGpu(row: ReadonlyMap<string, string>): Gpu {
  return {
    index: Number(row.get('index')),
    uuid: /^(?:GPU|MIG)-\S+$/.exec(row.get('uuid') ?? '')?.[0] ?? '',
    name: row.get('name') ?? '',
    state: [...row.values()].some((cell) => LOST_CELL.test(cell)) ? 'lost' : 'ok',
    utilPct: figure(row.get('utilization.gpu'), '%'),
    memory: { total: bytes(row.get('memory.total')), used: bytes(row.get('memory.used')) },
    tempC: figure(row.get('temperature.gpu'), ''),
    powerW: figure(row.get('power.draw'), 'W'),
  };
}

function readGpuProcess(row: ReadonlyMap<string, string>): GpuProcess[] {
  const pid = /^\d{1,10}$/.exec(row.get('pid') ?? '')?.[0];
  const memory = bytes(row.get('used_gpu_memory') ?? row.get('used_memory'));
  return pid === undefined ? [] : [{ gpuUuid: row.get('gpu_uuid') ?? '', pid: Number(pid), memory }];
}

/** `GPU3: 0000:04:00.0: ...` tells the index; `GPU 0000:02:00.0` and `GPU0000:65:00.0` tell none. */
function markLost(gpus: Map<number, Gpu>, line: string): void {
  const index = /\bGPU ?(\d{1,3}): /.exec(line)?.[1];
  const uuid = /\bGPU-[\da-f-]{36}/i.exec(line)?.[0] ?? '';
  const listed = [...gpus.values()].find((gpu) => gpu.index === Number(index) || (uuid !== '' && gpu.uuid === uuid));
  if (listed !== undefined) gpus.set(listed.index, { ...listed, state: 'lost' });
  else if (index !== undefined) gpus.set(Number(index), lostGpu(Number(index), uuid));
}

function lostGpu(index: number, uuid: string): Gpu {
  const memory = { total: null, used: null };
  return { index, uuid, name: '', state: 'lost', utilPct: null, memory, tempC: null, powerW: null };
}

function figure(cell: string | undefined, unit: string): number | null {
  const [, number, found] = /^(\d{1,9}(?:\.\d{1,6})?)(?: (\S{1,5}))?$/.exec(cell ?? '') ?? [];
  return number === undefined || (found ?? '') !== unit ? null : Number(number);
}

function bytes(cell: string | undefined): number | null {
  const [, number, unit] = /^(\d{1,12}) (\w{1,5})$/.exec(cell ?? '') ?? [];
  const factor = BYTES[unit ?? ''];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}
