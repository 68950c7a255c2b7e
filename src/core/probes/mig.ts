import type { MigInstance } from '../../domain/host.ts';
import { type CommandOutput, isWhole } from './reading.ts';

const GPU_LINE = /^GPU \d{1,4}: .*\(UUID: (GPU-[^\s)]{1,80})\)$/;
/** Drivers before 470 write `MIG-GPU-<uuid>/<instance>/<compute instance>`. */
const INSTANCE_LINE = /^MIG (\S{1,40}) +Device +(\d{1,3}): \(UUID: (MIG-[^\s)]{1,100})\)$/;

/** Reads `nvidia-smi -L`: MIG instances by the UUID of their GPU. null where the list is not whole. */
export function readMig(output: CommandOutput): ReadonlyMap<string, readonly MigInstance[]> | null {
  const instances = new Map<string, MigInstance[]>();
  let current: MigInstance[] | null = null;
  for (const line of output.lines.map((text) => text.trim())) {
    const gpu = GPU_LINE.exec(line)?.[1];
    if (gpu !== undefined) {
      current = [];
      instances.set(gpu, current);
    }
    const [, profile, index, uuid] = INSTANCE_LINE.exec(line) ?? [];
    if (profile !== undefined && uuid !== undefined) current?.push({ index: Number(index), uuid, profile });
  }
  return isWhole(output) && instances.size > 0 ? instances : null;
}
