import type { FleetSample } from '../../../src/domain/digest.ts';

type GpuUse = readonly [utilPct: number | null, ours?: boolean | null];

/** A sample of hosts named gpu1, gpu2 ...: CPU, and use of each GPU; null for a host that is away. */
export function makeFleetSample(
  at: number,
  hosts: readonly ({ readonly cpu: number | null; readonly gpus: readonly GpuUse[] | null } | null)[],
): FleetSample {
  return {
    at,
    hosts: hosts.map((host, index) => ({
      host: `gpu${index + 1}`,
      cpu_pct: host?.cpu ?? null,
      gpus:
        host?.gpus?.map(([util_pct, ours = true], gpu) => ({
          index: gpu,
          util_pct,
          memory_used: null,
          memory_total: null,
          ours,
        })) ?? null,
    })),
    runs: { running: 0, finished: 0, failed: 0, stuck: 0, outdated: 0, never_started: 0, total: 0 },
  };
}
