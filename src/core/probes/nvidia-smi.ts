import type { Gpu, MigInstance } from '../../domain/host.ts';
import { type CsvTable, parseCsv } from './csv.ts';
import { EXIT_BUSY, NVIDIA_SMI_LIMIT_S } from './program-gpus.ts';
import { type CommandOutput, EXIT_HUNG, explainCommand, isWhole, quoted } from './reading.ts';
import { bytes, figure, pciAddress, throttleReasons } from './smi-cells.ts';

/** Exit codes of nvidia-smi (its manual, RETURN VALUE); the last is the shell's. */
const EXIT = { good: 0, noDevices: 6, infoRomWarning: 14, notInstalled: 127 };

/** What stands in a cell when the hardware no longer answers, as against a figure it does not have. */
const LOST_CELL = /^\[?GPU (?:is lost|requires reset)\]?$/;
/** Each of them may fail by itself; a card that has none of them to tell needs a reset (`ERR!` in the table). */
const VITAL = ['utilization.gpu', 'memory.used', 'temperature.gpu', 'power.draw'];
const FAILED_CELL = /^\[Unknown Error\]$/;
const LOST_LINE = /GPU is lost|Unable to determine the device handle for GPU/i;

/** A call takes far less with the driver loaded; whole seconds are counted. */
const SLOW_S = 3;

/** A GPU that nvidia-smi has only a complaint about; what the complaint does not tell is null or empty. */
export interface LostGpu {
  readonly index: number | null;
  /** It was asked for by this index when the complaint came. */
  readonly asked: number | null;
  readonly uuid: string;
  readonly busId: string;
}

export interface GpuList {
  readonly gpus: readonly Gpu[];
  readonly lost: readonly LostGpu[];
  /**
   * `whole`: a GPU it does not tell of is not there. `hung`: nvidia-smi did not return, at least for some
   * of them. `absent`: there is no nvidia-smi. `unknown`: it told nothing that can be relied on.
   */
  readonly state: 'whole' | 'hung' | 'absent' | 'unknown';
  readonly problem: string | null;
}

/**
 * Reads `--query-gpu`: of all GPUs, and behind it of each that was asked for by itself, by index. The good
 * rows beside a lost GPU stay good. A list that broke off is unknown, so that no GPU seems to have vanished.
 * @param mig instances by the UUID of their GPU; null where they could not be read
 */
export function readGpus(
  all: CommandOutput,
  each: ReadonlyMap<number, CommandOutput>,
  mig: ReadonlyMap<string, readonly MigInstance[]> | null,
): GpuList {
  const list = readList(all, null, mig);
  if (each.size === 0) return list;
  const parts = [...each].map(([index, output]) => readList(output, index, mig));
  const complaints = parts.flatMap(({ lost }) => lost);
  const lost = withoutRepeated(complaints);
  const isComplete = lost.length === complaints.length && parts.every(({ state }) => state === 'whole');
  return {
    gpus: parts.flatMap(({ gpus }) => gpus),
    lost,
    state: isComplete ? 'whole' : 'hung',
    problem: parts.find(({ state }) => state === 'hung')?.problem ?? list.problem,
  };
}

/** Where the driver is loaded anew for every call, which takes 1 to 3 s for each GPU. `seconds` is what all calls took. */
export function explainSlowness(seconds: string, { state }: GpuList): string | null {
  const took = /^\d{1,3}$/.exec(seconds)?.[0];
  if (state !== 'whole' || took === undefined || Number(took) < SLOW_S) return null;
  return `GPUs: nvidia-smi is slow (${took} s): switch persistence mode on (nvidia-smi -pm 1)`;
}

/** Whether the host has no GPU. */
export function saysNoGpus({ exit }: CommandOutput, { rows, messages }: CsvTable): boolean {
  const saysSo = messages.some((line) => /^No devices were found/i.test(line));
  return rows.length === 0 && (saysSo || (exit === EXIT.noDevices && messages.length === 0));
}

/** What went wrong, in a sentence; null where nothing did. */
export function explainSmi(output: CommandOutput, { columns, messages }: CsvTable): string | null {
  const lost = messages.find((line) => LOST_LINE.test(line));
  if (isWhole(output) && lost !== undefined) return `GPUs: ${quoted(lost)}`;
  if (output.exit === EXIT.good || output.exit === EXIT.notInstalled) return null;
  if (output.exit === EXIT.infoRomWarning && columns.length > 0) return null;
  if (output.exit === EXIT_BUSY) return 'GPUs: not asked, as an nvidia-smi of another probe has not ended yet';
  return `GPUs: ${explainCommand('nvidia-smi', NVIDIA_SMI_LIMIT_S, output, messages)}`;
}

function explainMarks({ rows }: CsvTable): string | null {
  const marks = rows.flatMap((row) => {
    const mark = lostMark(row);
    return mark === null ? [] : [`GPU ${row.get('index')}: ${mark}`];
  });
  return marks.length === 0 ? null : `GPUs: nvidia-smi says of ${marks.join(', ')}`;
}

function readList(
  output: CommandOutput,
  asked: number | null,
  mig: ReadonlyMap<string, readonly MigInstance[]> | null,
): GpuList {
  const table = parseCsv(output.lines, 'index', /^\d{1,4}$/);
  const problem = explainSmi(output, table) ?? explainMarks(table);
  if (output.exit === EXIT.notInstalled) return { gpus: [], lost: [], state: 'absent', problem };
  if (output.exit === EXIT_HUNG) return { gpus: [], lost: [], state: 'hung', problem };
  if (saysNoGpus(output, table)) return { gpus: [], lost: [], state: 'whole', problem: null };

  const gpus = [...new Map(table.rows.map((row) => [row.get('index'), readGpu(row, mig)])).values()];
  const lost = table.messages.filter((line) => LOST_LINE.test(line)).map((line) => readLost(line, asked));
  if (!isWhole(output)) return { gpus: [], lost: [], state: 'unknown', problem };
  if (gpus.length > 0 || lost.some(({ index }) => index !== null || asked !== null)) {
    return { gpus, lost, state: 'whole', problem };
  }
  return { gpus, lost, state: 'unknown', problem: problem ?? 'GPUs: nvidia-smi printed none' };
}

function readGpu(row: ReadonlyMap<string, string>, mig: ReadonlyMap<string, readonly MigInstance[]> | null): Gpu {
  const uuid = /^GPU-\S+$/.exec(row.get('uuid') ?? '')?.[0] ?? '';
  return {
    index: Number(row.get('index')),
    uuid,
    name: row.get('name') ?? '',
    busId: pciAddress(row.get('pci.bus_id')),
    state: lostMark(row) === null ? 'ok' : 'lost',
    utilPct: figure(row.get('utilization.gpu'), '%'),
    memory: { total: bytes(row.get('memory.total')), used: bytes(row.get('memory.used')) },
    tempC: figure(row.get('temperature.gpu'), ''),
    powerW: figure(row.get('power.draw'), 'W'),
    powerLimitW: figure(row.get('power.limit'), 'W'),
    clocks: {
      sm: figure(row.get('clocks.current.sm') ?? row.get('clocks.sm'), 'MHz'),
      smMax: figure(row.get('clocks.max.sm'), 'MHz'),
      memory: figure(row.get('clocks.current.memory') ?? row.get('clocks.mem'), 'MHz'),
    },
    throttle: throttleReasons(row.get('clocks_event_reasons.active') ?? row.get('clocks_throttle_reasons.active')),
    ecc: {
      corrected: figure(row.get('ecc.errors.corrected.volatile.total'), ''),
      uncorrected: figure(row.get('ecc.errors.uncorrected.volatile.total'), ''),
    },
    mig: row.get('mig.mode.current') === 'Enabled' && mig !== null ? (mig.get(uuid) ?? []) : null,
  };
}

/** What stands in its cells where the hardware no longer answers; null where it does. */
function lostMark(row: ReadonlyMap<string, string>): string | null {
  const mark = [...row.values()].find((cell) => LOST_CELL.test(cell));
  const vital = VITAL.map((column) => row.get(column) ?? '');
  return mark ?? (vital.every((cell) => FAILED_CELL.test(cell)) ? '[Unknown Error]' : null);
}

/** `GPU3: 0000:04:00.0: ...` tells index and address; `GPU 0000:02:00.0: ...` and `GPU0000:65:00.0: ...` the address. */
function readLost(line: string, asked: number | null): LostGpu {
  const index = /\bGPU ?(\d{1,3}): /.exec(line)?.[1];
  return {
    index: index === undefined ? null : Number(index),
    asked,
    uuid: /\bGPU-[\da-f-]{36}/i.exec(line)?.[0] ?? '',
    busId: pciAddress(/(?<![\da-f:])[\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.\d/i.exec(line)?.[0]),
  };
}

/** Where every question gets the same complaint, it is about one GPU, not about the one that was asked for. */
function withoutRepeated(lost: readonly LostGpu[]): LostGpu[] {
  const byPlace = new Map<string, LostGpu>();
  for (const gpu of lost) {
    const place = gpu.busId || gpu.uuid || `${gpu.index ?? gpu.asked}`;
    const first = byPlace.get(place);
    byPlace.set(place, first === undefined ? gpu : { ...first, asked: null });
  }
  return [...byPlace.values()];
}
