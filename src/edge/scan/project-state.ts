import { globPattern } from '../../core/runs/globs.ts';
import type { ConfigsAnswer } from '../../core/runs/scan-protocol.ts';
import { ABSENT, isThere, parseStamp } from '../../core/runs/scan-protocol.ts';
import type { Project, ProjectScan } from '../../domain/run.ts';
import type { Instant } from '../../domain/time.ts';
import type { ProjectCache } from './cache.ts';
import { factsOf } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';
import { createRecord, MAX_CONFIG_BYTES } from './run-record.ts';

/** What the scanner remembers of one project. */
export interface ProjectState {
  readonly project: Project;
  /** By config, those that are no runs included. */
  readonly records: Map<string, RunRecord>;
  /** Of the list of configs. */
  checksum: string;
  listProblems: string[];
  /** The folder that is missing while the project's disk is not there. */
  absent: string | null;
}

export function createState(project: Project): ProjectState {
  return { project, records: new Map(), checksum: '', listProblems: [], absent: null };
}

/** Where all work dirs are. */
export function logsFolder({ root }: Project): string {
  return `${root.replace(/\/+$/, '')}/logs`;
}

/** Takes over which configs there are. Where the disk is not there, or was not searched whole, nothing is taken to be gone. */
export function takeConfigs(state: ProjectState, answer: ConfigsAnswer): void {
  state.absent = answer.kind === 'absent' ? answer.path : null;
  if (answer.kind !== 'list') return;
  const { project, records } = state;
  const patterns = project.configs.map(globPattern);
  const names = new Set(answer.names.filter((name) => patterns.some((pattern) => pattern.test(name))));
  for (const name of names) if (!records.has(name)) records.set(name, createRecord(project, name));
  if (answer.whole) for (const name of records.keys()) if (!names.has(name)) records.delete(name);
  state.checksum = answer.checksum;
  state.listProblems = answer.refused.map((name) => `${name} was left out: its name has a newline or broken UTF-8`);
  if (!answer.whole) state.listProblems.push(`some folders of ${project.root} cannot be searched for configs`);
}

/** A folder of logs that held runs and is gone is an unmounted disk rather than a thousand deleted runs. */
export function takeLogsFolder(state: ProjectState, stamp: string): void {
  if (state.absent !== null || stamp !== ABSENT) return;
  const hadRuns = [...state.records.values()].some(({ memory }) => memory.walk !== null);
  if (hadRuns) state.absent = logsFolder(state.project);
}

export function scanOf(state: ProjectState, at: Instant): ProjectScan {
  const { project, records } = state;
  const listed = [...records.values()].filter(isListed);
  return {
    project: project.name,
    at,
    runs: listed.map((record) => factsOf(record, project)),
    absent: state.absent !== null,
    problems: problemsOf(state),
  };
}

/** A file without a `config` is no run; one that cannot be read is one when it has a work dir. */
function isListed({ memory }: RunRecord): boolean {
  if (memory.source === null || memory.stamps.config === ABSENT) return false;
  return memory.source.python?.isRun ?? isThere(memory.stamps.dir);
}

function problemsOf({ records, listProblems, absent }: ProjectState): string[] {
  const unread = [...records.values()].filter(({ memory }) => memory.source !== null && memory.source.python === null);
  return [
    ...(absent === null ? [] : [`${absent} is not there or cannot be entered; known runs are kept as they were`]),
    ...listProblems,
    ...unread.map(({ config, memory }) => {
      const size = parseStamp(memory.stamps.config)?.size ?? 0;
      return `${config} ${size > MAX_CONFIG_BYTES ? 'is too large for a config and was not read' : 'cannot be read'}`;
    }),
  ];
}

export function cached({ checksum, listProblems, records }: ProjectState): Omit<ProjectCache, 'key'> {
  return { checksum, listProblems, runs: [...records.values()].map(({ memory }) => memory) };
}

export function restore(state: ProjectState, { checksum, listProblems, runs }: ProjectCache): void {
  Object.assign(state, { checksum, listProblems });
  for (const memory of runs) state.records.set(memory.config, createRecord(state.project, memory.config, memory));
}
