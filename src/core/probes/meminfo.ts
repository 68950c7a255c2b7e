import type { HostSample } from '../../domain/host.ts';

/** What a cgroup says of its memory; one without a limit has none. */
interface Cgroup {
  limit?: number;
  used?: number;
  inactive?: number;
  totalInactive?: number;
  oomKills?: number;
}

/** `kB` lines of /proc/meminfo. */
const KERNEL_LINE = /^(\w{1,30}): {1,30}(\d{1,15}) kB$/;
/** `file:value` and `file:name value`, of /proc/vmstat and of the cgroups, the innermost first. */
const FILE_LINE = /^(\/.{1,4000})\/([\w.]{1,40}):(?:(\w{1,30}) )?(\d{1,20})$/;

const FIGURES: Readonly<Record<string, keyof Cgroup>> = {
  'memory.max': 'limit',
  'memory.limit_in_bytes': 'limit',
  'memory.current': 'used',
  'memory.usage_in_bytes': 'used',
  inactive_file: 'inactive',
  total_inactive_file: 'totalInactive',
  oom_kill: 'oomKills',
};

interface Figures {
  readonly kernel: ReadonlyMap<string, number>;
  readonly cgroups: readonly Cgroup[];
  readonly hostOomKills: number | null;
}

/**
 * Memory of a Linux or macOS host, in bytes. The limits of the cgroups count where they are below the
 * machine's memory: files that can be dropped from the cache are available, as in the kernel's own MemAvailable.
 */
export function parseMemory(body: string): HostSample['memory'] {
  const { kernel, cgroups } = readFigures(body);
  const machine = machineMemory(kernel) ?? parseMacMemory(body);
  if (machine === null) return null;
  let { total, available } = machine;
  for (const { limit = 0, used, inactive, totalInactive } of cgroups) {
    if (limit <= 0 || limit >= machine.total) continue;
    if (used === undefined) return null;
    const left = Math.max(0, limit - Math.max(0, used - (totalInactive ?? inactive ?? 0)));
    total = Math.min(total, limit);
    available = Math.min(available, left);
  }
  return { total, available };
}

/** Of the whole host (Linux 4.13 and later), and of the innermost cgroup that counts them. */
export function parseOomKills(body: string): HostSample['oomKills'] {
  const { cgroups, hostOomKills } = readFigures(body);
  return { host: hostOomKills, cgroup: cgroups.find(({ oomKills }) => oomKills !== undefined)?.oomKills ?? null };
}

function readFigures(body: string): Figures {
  const kernel = new Map<string, number>();
  const cgroups = new Map<string, Cgroup>();
  let hostOomKills: number | null = null;
  for (const line of body.split('\n')) {
    const [, kernelName, kilobytes] = KERNEL_LINE.exec(line) ?? [];
    if (kernelName !== undefined) kernel.set(kernelName, Number(kilobytes) * 1024);
    const [, folder, file, name, value] = FILE_LINE.exec(line) ?? [];
    if (folder === undefined || file === undefined) continue;
    const figure = FIGURES[name ?? file];
    if (figure === undefined) continue;
    if (folder === '/proc') hostOomKills = Number(value);
    else cgroups.set(folder, { ...cgroups.get(folder), [figure]: Number(value) });
  }
  return { kernel, cgroups: [...cgroups.values()], hostOomKills };
}

function machineMemory(kernel: ReadonlyMap<string, number>): HostSample['memory'] {
  const total = kernel.get('MemTotal') ?? 0;
  const available = kernel.get('MemAvailable') ?? availableBeforeLinux314(kernel);
  if (total <= 0 || available === undefined) return null;
  return { total, available: Math.min(available, total) };
}

function availableBeforeLinux314(kernel: ReadonlyMap<string, number>): number | undefined {
  const free = kernel.get('MemFree');
  const buffers = kernel.get('Buffers');
  const cached = kernel.get('Cached');
  if (free === undefined || buffers === undefined || cached === undefined) return undefined;
  return free + buffers + cached;
}

/** `sysctl hw.memsize` and vm_stat(1) of macOS: what is free or can be given up at once is available. */
function parseMacMemory(body: string): HostSample['memory'] {
  const total = Number(/^hw\.memsize: (\d{1,16})$/m.exec(body)?.[1] ?? 0);
  const pageSize = Number(/page size of (\d{1,7}) bytes/.exec(body)?.[1] ?? 0);
  const pages = ['free', 'inactive', 'speculative'].map(
    (kind) => new RegExp(`^Pages ${kind}: {1,30}(\\d{1,15})\\.?$`, 'm').exec(body)?.[1],
  );
  if (total <= 0 || pageSize <= 0 || pages.includes(undefined)) return null;
  const available = pages.reduce((sum, count) => sum + Number(count), 0) * pageSize;
  return { total, available: Math.min(available, total) };
}
