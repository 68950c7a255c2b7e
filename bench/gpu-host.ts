import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Project } from '../src/domain/run.ts';
import { type Sshd, startSshd } from '../test/support/sshd.ts';
import { makeTree } from './tree.ts';

export const GPUS = 8;
export const PROCESSES = 300;
const RUNS = 100;

/** A host that can be reached over SSH: real shell, `ps` and `nvidia-smi` of a large machine, and run folders. */
export interface GpuHost {
  readonly sshd: Sshd;
  readonly project: Project;
  close(): Promise<void>;
}

export async function startGpuHost(): Promise<GpuHost> {
  const folder = mkdtempSync(join(tmpdir(), 'pylon-bench-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  command(bin, 'nvidia-smi', `case $* in *compute-apps*) cat ${folder}/apps ;; *) cat ${folder}/gpus ;; esac`);
  command(bin, 'ps', `cat ${folder}/ps`);
  writeFileSync(join(folder, 'gpus'), gpuTable());
  writeFileSync(join(folder, 'apps'), gpuProcesses());
  writeFileSync(join(folder, 'ps'), processTable());
  const tree = makeTree(join(folder, 'pylon'), { runs: RUNS, epochs: 10, active: GPUS });
  try {
    const sshd = await startSshd({ env: { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` } });
    return { sshd, project: tree.project, close: () => sshd.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }

  function remove(): void {
    rmSync(folder, { recursive: true, force: true });
  }
}

function command(bin: string, name: string, program: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${program}\n`);
  chmodSync(join(bin, name), 0o755);
}

const uuid = (index: number): string => `GPU-0000000${index}-aaaa-bbbb-cccc-dddddddddddd`;

function gpuTable(): string {
  const head = [
    'index, uuid, name, pci.bus_id, memory.total [MiB], memory.used [MiB], utilization.gpu [%], temperature.gpu',
    'power.draw [W], power.limit [W], clocks.current.sm [MHz], clocks.max.sm [MHz], clocks.current.memory [MHz]',
    'clocks_event_reasons.active, ecc.errors.corrected.volatile.total, ecc.errors.uncorrected.volatile.total',
    'mig.mode.current',
  ].join(', ');
  const rows = Array.from({ length: GPUS }, (_, index) => {
    const identity = `${index}, ${uuid(index)}, NVIDIA H100 80GB HBM3, 00000000:${index}B:00.0`;
    const use = `81559 MiB, ${index * 9000} MiB, 97 %, 61, 650.12 W, 700.00 W`;
    return `${identity}, ${use}, 1920 MHz, 1980 MHz, 2619 MHz, 0x0000000000000004, 0, 0, Disabled`;
  });
  return `${[head, ...rows].join('\n')}\n`;
}

function gpuProcesses(): string {
  const rows = Array.from({ length: GPUS }, (_, index) => `${uuid(index)}, ${1000 + index}, python, 40000 MiB`);
  return `${['gpu_uuid, pid, process_name, used_gpu_memory [MiB]', ...rows].join('\n')}\n`;
}

function processTable(): string {
  const rows = Array.from({ length: PROCESSES }, (_, index) => {
    const args =
      index < GPUS
        ? `/opt/conda/bin/python main.py --config-filepath ./configs/bench/run_${index}.py`
        : `/usr/lib/systemd/some-daemon-${index} --foreground --config /etc/some/daemon.conf --verbose`;
    return `ann ${1000 + index} 1 Sl 2-03:04:05 ${100_000 + index} ${args}`;
  });
  return `${['USER PID PPID STAT ELAPSED RSS COMMAND', ...rows].join('\n')}\n`;
}
