import type { KernelEvent } from '../../domain/host.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import { LIST_LIMIT_S } from './program.ts';
import { type CommandOutput, explainCommand, isWhole, quoted, type Reading } from './reading.ts';
import { pciAddress } from './smi-cells.ts';

/** `[seconds since boot] text` of dmesg, and `seconds since 1970 host kernel: text` of journalctl. */
const DMESG_LINE = /^\[ *(\d{1,10}\.\d{1,6})\](?:\[ *[TC]\d{1,9}\])? (.*)$/;
const JOURNAL_LINE = /^(\d{9,11}\.\d{1,6}) \S{1,255} kernel: (.*)$/;

/** A MIG instance stands behind the address: `(PCI:0000:3b:00 GPU-I:05)`. */
const XID = /^NVRM: Xid \((?:PCI:)?([\da-f:.]{5,20})(?: GPU-I:\d{1,3})?\): (\d{1,4})(?:, pid='?(\d{1,10}))?/i;
/** The kernel tells a kill twice: what asked for it, then whom it struck. */
const OOM_REASON = /^oom-kill:constraint=(\w{1,40}),.*,task=(.{1,40}),pid=(\d{1,10})(?:,|$)/;
const OOM_KILL = /^(Memory cgroup out|Out) of memory[^:]{0,40}: Kill(?:ed)? process (\d{1,10}) \((.{1,40}?)\)(?:,| |$)/;
/** Lines about one process within this span are about one kill. */
const ONE_KILL = 30 * SECOND;

const REFUSED =
  'kernel log: may not be read by this user, so that GPU errors (Xid) and processes killed for want of memory are not seen; the groups adm and systemd-journal may read it';

/**
 * Reads what the kernel said of GPUs and of processes killed for want of memory, oldest first.
 * @param bootedAt when the host was started, in seconds of its own clock
 * @param skewS how far its clock is ahead of the bot's
 */
export function readKernelLog(
  output: CommandOutput,
  bootedAt: number | null,
  skewS: number | null,
): Reading<readonly KernelEvent[]> {
  if (!isWhole(output)) return { value: null, problem: `kernel log: ${explainCommand('dmesg', LIST_LIMIT_S, output)}` };
  if (output.lines.at(-1) === 'refused') return { value: null, problem: REFUSED };
  const events: KernelEvent[] = [];
  for (const line of output.lines) {
    const event = readLine(line, bootedAt, skewS);
    const same = event === null ? -1 : events.findIndex((other) => isSameKill(other, event));
    const before = events[same];
    if (event?.kind !== 'oom-kill' || before?.kind !== 'oom-kill') events.push(...(event === null ? [] : [event]));
    else events[same] = { ...event, at: before.at, cgroup: event.cgroup || before.cgroup };
  }
  return { value: events, problem: null };
}

/** When the host was started, in seconds of its own clock: `btime` of /proc/stat (proc(5)). */
export function parseBootTime(body: string): number | null {
  const seconds = /^btime (\d{1,11})$/m.exec(body)?.[1];
  return seconds === undefined ? null : Number(seconds);
}

function readLine(line: string, bootedAt: number | null, skewS: number | null): KernelEvent | null {
  const dmesg = DMESG_LINE.exec(line);
  const [, seconds, said] = dmesg ?? JOURNAL_LINE.exec(line) ?? [null, null, line];
  const at = instantOf(seconds ?? null, dmesg === null ? 0 : bootedAt, skewS);
  return readXid(said ?? '', at) ?? readOomReason(said ?? '', at) ?? readOomKill(said ?? '', at);
}

function instantOf(seconds: string | null, since: number | null, skewS: number | null): Instant | null {
  if (seconds === null || since === null || skewS === null) return null;
  return Math.round((since + Number(seconds) - skewS) * SECOND);
}

function readXid(said: string, at: Instant | null): KernelEvent | null {
  const [, place, code, pid] = XID.exec(said) ?? [];
  if (code === undefined) return null;
  const process = pid === undefined ? null : Number(pid);
  return { kind: 'xid', at, busId: pciAddress(place), code: Number(code), pid: process, text: quoted(said) };
}

function readOomReason(said: string, at: Instant | null): KernelEvent | null {
  const [, constraint, process, pid] = OOM_REASON.exec(said) ?? [];
  if (process === undefined) return null;
  const cgroup = constraint === 'CONSTRAINT_MEMCG';
  return { kind: 'oom-kill', at, pid: Number(pid), process: quoted(process), cgroup, text: quoted(said) };
}

function readOomKill(said: string, at: Instant | null): KernelEvent | null {
  const [, where, pid, process] = OOM_KILL.exec(said) ?? [];
  if (process === undefined) return null;
  const cgroup = where?.startsWith('Memory') === true;
  return { kind: 'oom-kill', at, pid: Number(pid), process: quoted(process), cgroup, text: quoted(said) };
}

function isSameKill(a: KernelEvent, b: KernelEvent): boolean {
  if (a.kind !== 'oom-kill' || b.kind !== 'oom-kill' || a.pid !== b.pid) return false;
  return Math.abs((a.at ?? 0) - (b.at ?? 0)) <= ONE_KILL;
}
