import { posix } from 'node:path';
import type { HostProcess } from '../../domain/host.ts';
import type { Project, RunProcess } from '../../domain/run.ts';

const FLAG = '--config-filepath';

/** Longer command lines are not looked at beyond this. */
const MAX_ARGS = 16_384;

/** Executables that stand in for the trainer while it starts; never a multiplexer, whose server keeps its first command line. */
const WRAPPER =
  /^(?:sh|bash|dash|zsh|fish|env|nohup|nice|time|timeout|stdbuf|srun|torchrun|accelerate|deepspeed|uv|conda|poetry)$/;
const PYTHON = /^(?:python|pypy)[\d.]*$/;

/**
 * The live process of each run, by config: a process whose command line has the flag with exactly that
 * config's path, relative to the root or absolute under it, quoted or not. Where several have it, the
 * trainer itself comes before what launched it, then the lowest pid. The process table does not tell
 * working folders: two projects on one host with the same relative config share the process.
 */
export function findRunProcesses(
  project: Pick<Project, 'root' | 'runsOn'>,
  configs: ReadonlySet<string>,
  processes: ReadonlyMap<string, readonly HostProcess[]>,
): Map<string, RunProcess> {
  const best = new Map<string, { readonly rank: number; readonly process: RunProcess }>();
  for (const host of project.runsOn) {
    for (const candidate of processes.get(host) ?? []) {
      const found = matchProcess(candidate, project.root, configs);
      if (found === null) continue;
      const { pid, user, startedAt, args } = candidate;
      const before = best.get(found.config);
      if (before !== undefined && before.rank * 2 ** 32 + before.process.pid <= found.rank * 2 ** 32 + pid) continue;
      best.set(found.config, { rank: found.rank, process: { host, pid, user, startedAt, args } });
    }
  }
  return new Map([...best].map(([config, { process }]) => [config, process]));
}

function matchProcess(
  { args, state }: HostProcess,
  root: string,
  configs: ReadonlySet<string>,
): { readonly config: string; readonly rank: number } | null {
  const flagAt = args.indexOf(FLAG);
  if (flagAt < 0 || state === 'Z') return null;
  const rank = rankOf(args.slice(0, flagAt));
  const config = rank === null ? null : configAt(args.slice(flagAt + FLAG.length, MAX_ARGS), root, configs);
  return rank === null || config === null ? null : { config, rank };
}

/** 0: a Python program given the config itself; 1: a Python launcher of another command; 2: another wrapper; null: neither. */
function rankOf(front: string): number | null {
  const words = front.split(/[\s'"]+/).filter((word) => word !== '');
  const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const [executable, ...rest] = start < 0 ? [] : words.slice(start).map((word) => posix.basename(word));
  if (executable === undefined) return null;
  if (!PYTHON.test(executable)) return WRAPPER.test(executable.replace(/^-/, '')) ? 2 : null;
  const launches = rest.some((word) => PYTHON.test(word) || WRAPPER.test(word) || /^torch\.distributed\b/.test(word));
  return launches ? 1 : 0;
}

/** A process table does not quote: a path with spaces ends at whichever `.py` makes it a known config. */
function configAt(behindFlag: string, root: string, configs: ReadonlySet<string>): string | null {
  const opened = /^(?:=|\s+)\\?(['"]?)/.exec(behindFlag);
  if (opened === null) return null;
  const text = behindFlag.slice(opened[0].length);
  for (const end of text.matchAll(/\.py(?=$|[\s'";&|)\\])/g)) {
    const path = relativeTo(root, text.slice(0, end.index + 3));
    if (configs.has(path)) return path;
  }
  return null;
}

function relativeTo(root: string, path: string): string {
  const normal = posix.normalize(path);
  const base = `${posix.normalize(root).replace(/\/+$/, '')}/`;
  return normal.startsWith(base) ? normal.slice(base.length) : normal;
}
