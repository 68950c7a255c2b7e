import type { HostProcess } from '../../domain/host.ts';
import type { Instant } from '../../domain/time.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.ts';
import { LIST_LIMIT_S } from './program.ts';
import { type CommandOutput, explainCommand, isWhole, type Reading } from './reading.ts';

/**
 * user, pid, ppid, stat, etime (old busybox ones have none), rss, args. busybox writes `S <` for stat,
 * and `13m` for rss. A user's name may hold blanks.
 */
const ROW =
  /^(\S.{0,63}?) +(\d{1,10}) +\d{1,10} +([A-Za-z?])[^ \d]*(?: [<N])? +(?:(-|\d[\d:-]{0,20}:\d\d) +)?(\d{1,12}(?:\.\d)?)([mgt]?)(?: (.*))?$/;

const KILOBYTES: Readonly<Record<string, number>> = { '': 1, m: 1024, g: 1024 ** 2, t: 1024 ** 3 };

/** Every process table that is whole has it. */
const INIT_PID = 1;
const HIDDEN =
  'processes: those of other users may not be seen by this user (hidepid of /proc), so that their runs seem to have none';

/** The process table, or why it cannot be relied on: a process must not seem gone because a list broke off. */
export function readProcesses(
  output: CommandOutput,
  cwds: ReadonlyMap<number, string>,
  at: Instant | null,
): Reading<readonly HostProcess[]> {
  const processes = isWhole(output) ? parseProcesses(output.lines, cwds, at) : [];
  if (processes.some(({ pid }) => pid === INIT_PID)) return { value: processes, problem: null };
  if (processes.length > 0) return { value: processes, problem: HIDDEN };
  return { value: null, problem: `processes: ${explainCommand('ps', LIST_LIMIT_S, output)}` };
}

/**
 * Reads the process table.
 * @param cwds working folders by pid
 * @param at when it was read, in the clock that start times are wanted in; null: not known
 */
export function parseProcesses(
  lines: readonly string[],
  cwds: ReadonlyMap<number, string>,
  at: Instant | null,
): HostProcess[] {
  const processes: HostProcess[] = [];
  for (const line of lines) {
    const [, user, pid, state, elapsed, rss, unit, args] = ROW.exec(line) ?? [];
    if (user === undefined || state === undefined) continue;
    const age = elapsed === undefined ? null : processElapsed(elapsed);
    processes.push({
      pid: Number(pid),
      user,
      startedAt: at === null || age === null ? null : at - age,
      args: args ?? '',
      rss: Math.round(Number(rss) * (KILOBYTES[unit ?? ''] ?? 1) * 1024),
      state,
      cwd: cwds.get(Number(pid)) ?? null,
    });
  }
  return processes;
}

/** Milliseconds of ps's `[[dd-]hh:]mm:ss`; the minutes of busybox run on beyond 59. */
export function processElapsed(text: string): number | null {
  const [, days, hours, minutes, seconds] = /^(?:(?:(\d{1,6})-)?(\d{1,2}):)?(\d{1,9}):(\d{2})$/.exec(text) ?? [];
  if (minutes === undefined) return null;
  return Number(days ?? 0) * DAY + Number(hours ?? 0) * HOUR + Number(minutes) * MINUTE + Number(seconds) * SECOND;
}
