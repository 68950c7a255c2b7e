import { posix } from 'node:path';
import type { HostProcess, HostSample } from '../../domain/host.ts';
import type { Project, RunProcess } from '../../domain/run.ts';

/** What a trainer's command line has before its config. */
export const CONFIG_FLAG = '--config-filepath';

/** Longer command lines are not looked at beyond this. */
const MAX_ARGS = 16_384;

/** Executables that stand in for the trainer while it starts; never a multiplexer, whose server keeps its first command line. */
const WRAPPER =
  /^(?:sh|bash|dash|zsh|fish|env|nohup|nice|time|timeout|stdbuf|srun|torchrun|accelerate|deepspeed|uv|conda|poetry)$/;
const PYTHON = /^(?:python|pypy)[\d.]*$/;

/** What a host tells of its processes: the table, and where the roots of projects really are on it. */
export type HostProcesses = Pick<HostSample, 'roots'> & { readonly processes: readonly HostProcess[] };

/**
 * The live process of each run, by config: a process whose command line has the flag with exactly that
 * config's path, absolute, or relative to the folder it works in; where that is not known, to the root.
 * Where several have it, the trainer itself comes before what launched it, then the lowest pid.
 */
export function findRunProcesses(
  project: Pick<Project, 'root' | 'runsOn'>,
  configs: ReadonlySet<string>,
  hosts: ReadonlyMap<string, HostProcesses>,
): Map<string, RunProcess> {
  const best = new Map<string, { readonly rank: number; readonly process: RunProcess }>();
  for (const host of project.runsOn) {
    const { processes, roots } = hosts.get(host) ?? { processes: [], roots: {} };
    const place = placeOf(project.root, roots);
    for (const candidate of processes) {
      const found = matchProcess(candidate, place, configs);
      if (found === null) continue;
      const before = best.get(found.config);
      if (before !== undefined && before.rank * 2 ** 32 + before.process.pid <= found.rank * 2 ** 32 + candidate.pid) {
        continue;
      }
      best.set(found.config, { rank: found.rank, process: runProcess(host, candidate) });
    }
  }
  return new Map([...best].map(([config, { process }]) => [config, process]));
}

export function runProcess(host: string, { pid, user, startedAt, args }: HostProcess): RunProcess {
  return { host, pid, user, startedAt, args };
}

/** The root of a project as one host sees it. */
export interface Place {
  /** As configured, and as it really is there: a disk may be mounted elsewhere, or be behind a link. */
  readonly roots: readonly string[];
  /** false: it is not at its place on this host, so that a folder says nothing of the project. */
  readonly found: boolean;
}

export function placeOf(root: string, roots: HostSample['roots']): Place {
  const real = Object.hasOwn(roots, root) ? roots[root] : undefined;
  return { roots: [...new Set([root, real ?? root])].map((path) => posix.normalize(path)), found: real !== undefined };
}

/** Relative to the root; null where the path is not in it. `cwd` is null where it is not known. */
export function pathInPlace(path: string, cwd: string | null, { roots, found }: Place): string | null {
  if (!posix.isAbsolute(path) && (cwd === null || !found)) return posix.normalize(path);
  const absolute = posix.resolve(cwd ?? '/', path);
  for (const root of roots) {
    const base = `${root.replace(/\/+$/, '')}/`;
    if (absolute.startsWith(base)) return absolute.slice(base.length);
  }
  return null;
}

function matchProcess(
  { args, state, cwd }: HostProcess,
  place: Place,
  configs: ReadonlySet<string>,
): { readonly config: string; readonly rank: number } | null {
  const flagAt = args.indexOf(CONFIG_FLAG);
  if (flagAt < 0 || state === 'Z') return null;
  const rank = rankOf(args.slice(0, flagAt));
  if (rank === null) return null;
  const config = configAt(
    args.slice(flagAt + CONFIG_FLAG.length, MAX_ARGS),
    (path) => pathInPlace(path, cwd, place),
    configs,
  );
  return config === null ? null : { config, rank };
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
function configAt(
  behindFlag: string,
  inProject: (path: string) => string | null,
  configs: ReadonlySet<string>,
): string | null {
  const opened = /^(?:=|\s+)\\?(['"]?)/.exec(behindFlag);
  if (opened === null) return null;
  const text = behindFlag.slice(opened[0].length);
  for (const end of text.matchAll(/\.py(?=$|[\s'";&|)\\])/g)) {
    const path = inProject(text.slice(0, end.index + 3));
    if (path !== null && configs.has(path)) return path;
  }
  return null;
}
