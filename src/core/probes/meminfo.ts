/** Bytes. */
interface Memory {
  readonly total: number;
  readonly available: number;
}

/**
 * Reads /proc/meminfo and, behind it, `file:value` lines of the cgroup (version 1 or 2). A limit below
 * the machine's memory is what counts: files that can be dropped from the cache are available, as in
 * the kernel's own MemAvailable.
 */
export function parseMemory(body: string): Memory | null {
  const figures = readFigures(body);
  const total = figures.get('MemTotal');
  const available = figures.get('MemAvailable') ?? availableBeforeLinux314(figures);
  if (total === undefined || total <= 0 || available === undefined) return null;
  const limit = figures.get('memory.max') ?? figures.get('memory.limit_in_bytes');
  if (limit === undefined || limit <= 0 || limit >= total) return { total, available: Math.min(available, total) };

  const used = figures.get('memory.current') ?? figures.get('memory.usage_in_bytes');
  if (used === undefined) return null;
  const droppable = figures.get('total_inactive_file') ?? figures.get('inactive_file') ?? 0;
  const left = Math.max(0, limit - Math.max(0, used - droppable));
  return { total: limit, available: Math.min(available, left) };
}

function readFigures(body: string): Map<string, number> {
  const figures = new Map<string, number>();
  for (const line of body.split('\n')) {
    const kernel = /^(\w{1,30}): {1,30}(\d{1,15}) kB$/.exec(line);
    if (kernel?.[1] !== undefined) figures.set(kernel[1], Number(kernel[2]) * 1024);
    const cgroup = /^\/sys\/fs\/cgroup\/(?:memory\/)?(?:([\w.]{1,40}):|memory\.stat:(\w{1,30}) )(\d{1,20})$/.exec(line);
    const name = cgroup?.[1] ?? cgroup?.[2];
    if (name !== undefined) figures.set(name, Number(cgroup?.[3]));
  }
  return figures;
}

function availableBeforeLinux314(figures: Map<string, number>): number | undefined {
  const free = figures.get('MemFree');
  const buffers = figures.get('Buffers');
  const cached = figures.get('Cached');
  if (free === undefined || buffers === undefined || cached === undefined) return undefined;
  return free + buffers + cached;
}
