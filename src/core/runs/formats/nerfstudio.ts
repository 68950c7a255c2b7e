import { posix } from 'node:path';
import type { HostProcess } from '../../../domain/host.ts';
import type { Project, RunFacts, RunProcess } from '../../../domain/run.ts';
import { type HostProcesses, type Place, pathInPlace, placeOf, runProcess } from '../command.ts';
import type { NerfstudioAnswer } from '../scan-protocol.ts';

/*
 * Runs of nerfstudio: a process `ns-train ...` that writes `nerfstudio_models/step-<N>.ckpt` into its
 * work dir. There is no config; the work dir names the run.
 */

/** `max_num_iterations` of nerfstudio where the command line does not say. */
export const DEFAULT_STEPS = 30_000;

/** Beside the last checkpoint, what a complete run has. */
export const ARTIFACTS = ['config.yml', 'dataparser_transforms.json'];

export const NERFSTUDIO_PROGRAM = 'ns-train';

const WORK_DIR_FLAG =
  /(?:^|\s)(?:--output-dir|--output_dir|--output|--workspace|--run-dir|--run_dir|--logdir|--log-dir)(?:=|\s+)(?:"([^"]+)"|'([^']+)'|(\S+))/;
const STEPS_FLAG = /(?:^|\s)--max[-_]num[-_]iterations(?:=|\s+)(\d{1,9})(?=\s|$)/;

/** Longer command lines are not looked at beyond this. */
const MAX_ARGS = 16_384;

export interface NerfstudioRun {
  /** Relative to the project's root, or absolute where it is not in it. */
  readonly workDir: string;
  readonly totalSteps: number;
}

/** The folder a command writes to, as it stands there; null where it is no `ns-train` or does not say. */
export function workDirOfCommand(args: string): string | null {
  const text = args.slice(0, MAX_ARGS);
  if (!/(?:^|[\s/])ns-train(?:\s|$)/.test(text)) return null;
  const match = WORK_DIR_FLAG.exec(text);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? null;
}

export function stepsOfCommand(args: string): number {
  return Number(STEPS_FLAG.exec(args.slice(0, MAX_ARGS))?.[1] ?? DEFAULT_STEPS);
}

/** The live nerfstudio runs of a project, by work dir. One that writes elsewhere is of the project whose folder it works in. */
export function findNerfstudioRuns(
  project: Pick<Project, 'root' | 'runsOn'>,
  hosts: ReadonlyMap<string, HostProcesses>,
): Map<string, NerfstudioRun & { readonly process: RunProcess }> {
  const runs = new Map<string, NerfstudioRun & { readonly process: RunProcess }>();
  for (const host of project.runsOn) {
    const { processes, roots } = hosts.get(host) ?? { processes: [], roots: {} };
    const place = placeOf(project.root, roots);
    for (const candidate of processes) {
      if (candidate.state === 'Z' || !candidate.args.includes(NERFSTUDIO_PROGRAM)) continue;
      const workDir = workDirOf(candidate, place);
      if (workDir === null || (runs.get(workDir)?.process.pid ?? Infinity) <= candidate.pid) continue;
      runs.set(workDir, {
        workDir,
        totalSteps: stepsOfCommand(candidate.args),
        process: runProcess(host, candidate),
      });
    }
  }
  return runs;
}

function workDirOf({ args, cwd, user }: HostProcess, place: Place): string | null {
  const given = workDirOfCommand(args);
  if (given === null || !isPython(args)) return null;
  const path = given.startsWith('~/') ? posix.join(homeOf(user), given.slice(2)) : given;
  const inside = pathInPlace(path, cwd, place);
  if (inside !== null && !inside.startsWith('..')) return inside.replace(/\/+$/, '');
  const worksHere = cwd !== null && pathInPlace('x', cwd, place) !== null && place.found;
  return worksHere ? posix.resolve(cwd, path) : null;
}

/** The program itself or its interpreter, not a shell or multiplexer around it. */
function isPython(args: string): boolean {
  const executable = posix.basename(args.split(/\s/, 1)[0] ?? '');
  return executable === NERFSTUDIO_PROGRAM || /^python[\d.]*$/.test(executable);
}

/** The process table does not tell a home folder; this is where it nearly always is. */
export function homeOf(user: string): string {
  return user === 'root' ? '/root' : `/home/${user}`;
}

/** What the disk says of a nerfstudio run. */
export function nerfstudioFacts(
  project: string,
  { workDir, totalSteps }: NerfstudioRun,
  { workDirExists, files }: NerfstudioAnswer,
): RunFacts {
  const checkpoints = [...files.keys()].flatMap((name) => {
    const step = /^step-(\d{1,12})\.ckpt$/.exec(name)?.[1];
    return step === undefined ? [] : [Number(step)];
  });
  const step = checkpoints.length === 0 ? 0 : Math.max(...checkpoints);
  // The last of N steps is written as step N - 1.
  const isComplete = step >= totalSteps - 1 && ARTIFACTS.every((name) => files.has(name));
  const times = [...files.values()].map(({ mtime }) => mtime);
  return {
    project,
    config: workDir,
    workDir,
    format: 'nerfstudio',
    totalEpochs: totalSteps,
    workDirExists,
    completedEpochs: isComplete ? totalSteps : Math.min(step, totalSteps - 1),
    newestArtifactAt: times.length === 0 ? null : Math.max(...times),
    newestLog: null,
    errorLogAt: null,
    sessions: workDirExists ? 1 : 0,
    logTail: null,
    earlyStop: null,
    pace: { epochTimes: [], longestSilenceMs: null },
    owner: null,
    problem: null,
  };
}
