/** The processor's counters since the host started, in ticks. */
export interface CpuTicks {
  readonly total: number;
  /** Waiting for disks included. */
  readonly idle: number;
}

/** Reads the first line of /proc/stat (proc(5)); guest time is part of user time already. */
export function parseCpuTicks(body: string): CpuTicks | null {
  const line = /^cpu +(\d[\d ]*)$/m.exec(body)?.[1];
  if (line === undefined) return null;
  const [user, nice, system, idle, iowait = 0, irq = 0, softirq = 0, steal = 0] = line.trim().split(/ +/).map(Number);
  if (user === undefined || nice === undefined || system === undefined || idle === undefined) return null;
  return { total: user + nice + system + idle + iowait + irq + softirq + steal, idle: idle + iowait };
}

/** How many processors are on line, as the probe counted them. */
export function parseCores(body: string): number | null {
  const count = Number(/^(\d{1,6})$/m.exec(body)?.[1]);
  return count > 0 ? count : null;
}

/** Use between two readings, 0 to 100. null at first, and after a restart of the host. */
export function cpuPercentage(previous: CpuTicks | null, now: CpuTicks | null): number | null {
  if (previous === null || now === null) return null;
  const total = now.total - previous.total;
  // The kernel's count of waiting for disks may step back a little.
  const idle = Math.max(0, now.idle - previous.idle);
  if (!(total > 0) || idle > total) return null;
  return Math.round((1 - idle / total) * 1000) / 10;
}

/** The average over one minute: /proc/loadavg, or `{ 1.23 ... }` of sysctl. */
export function parseLoad(body: string): number | null {
  const load = /^\{? ?(\d{1,7}\.\d{1,6}) /.exec(body)?.[1];
  return load === undefined ? null : Number(load);
}
