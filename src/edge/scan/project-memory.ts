import { parseLauncherLog } from '../../core/launcher/parse-log.ts';
import { DEFAULT_STEPS, type NerfstudioRun, nerfstudioFacts } from '../../core/runs/formats/nerfstudio.ts';
import { globPattern } from '../../core/runs/globs.ts';
import { MAX_HEAD_BYTES } from '../../core/runs/scan-program.ts';
import type { Appended, ConfigsAnswer, NerfstudioAnswer } from '../../core/runs/scan-protocol.ts';
import { ABSENT, cursorText, isThere, parseStamp } from '../../core/runs/scan-protocol.ts';
import type { LauncherEvent, LogCursor } from '../../domain/launcher.ts';
import type { Project, ProjectScan, RunFacts } from '../../domain/run.ts';
import type { Instant } from '../../domain/time.ts';
import type { ProjectCache } from './cache.ts';
import { factsOf } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';
import { createRecord, formOf } from './run-record.ts';

/** What the scanner remembers of one project. */
export interface ProjectMemory {
  readonly project: Project;
  /** By config, those that are no runs included. */
  readonly records: Map<string, RunRecord>;
  /** Of the list of configs. */
  checksum: string;
  listProblems: string[];
  /** Names of configs that cannot be handed to a shell, as they are shown. */
  refused: string[];
  /** The folder that is missing while the project's disk is not there. */
  absent: string | null;
  /** By work dir. */
  readonly nerfs: Map<string, Nerf>;
  /** How far the launcher's log was read, and what it said since the last scan was told. */
  launcher: { cursor: LogCursor | null; events: LauncherEvent[] };
}

/** A nerfstudio run: few enough to be looked at each time. */
interface Nerf {
  readonly run: NerfstudioRun;
  /** Whether its process was seen the last time. */
  isLive: boolean;
  answer: NerfstudioAnswer | null;
}

export function createMemory(project: Project): ProjectMemory {
  return {
    project,
    records: new Map(),
    checksum: '',
    listProblems: [],
    refused: [],
    absent: null,
    nerfs: new Map(),
    launcher: { cursor: null, events: [] },
  };
}

/** Where all work dirs are. */
export function logsFolder(project: Project): string {
  return inRoot(project, 'logs');
}

function inRoot({ root }: Project, path: string): string {
  return path.startsWith('/') ? path : `${root.replace(/\/+$/, '')}/${path}`;
}

/** Takes over the nerfstudio runs that live now, or others that are known of; those that are over stay as long as their work dirs. */
export function adopt(state: ProjectMemory, runs: readonly NerfstudioRun[], { isLive }: { isLive: boolean }): void {
  if (isLive) for (const nerf of state.nerfs.values()) nerf.isLive = false;
  if (!state.project.formats.includes('nerfstudio')) return;
  for (const run of runs) {
    if (/[\n\0]/.test(run.workDir)) continue;
    const known = state.nerfs.get(run.workDir);
    state.nerfs.set(run.workDir, {
      run: isLive ? run : (known?.run ?? run),
      isLive: isLive || known?.isLive === true,
      answer: known?.answer ?? null,
    });
  }
}

/** Absolute paths. */
export function nerfDirs({ project, nerfs }: ProjectMemory): string[] {
  return [...nerfs.keys()].map((workDir) => inRoot(project, workDir));
}

/** While the project's disk is not there, the work dirs on it are not gone. */
export function takeNerfs(state: ProjectMemory, answers: ReadonlyMap<string, NerfstudioAnswer>): void {
  if (state.absent !== null) return;
  for (const [workDir, nerf] of state.nerfs) {
    nerf.answer = answers.get(inRoot(state.project, workDir)) ?? nerf.answer;
    if (nerf.answer?.workDirExists === false && !nerf.isLive) state.nerfs.delete(workDir);
  }
}

/** Where the Python Launcher writes what it does. */
export function launcherLog({ project, launcher }: ProjectMemory): { path: string; cursor: LogCursor | null } {
  return { path: inRoot(project, project.launcherLog), cursor: launcher.cursor };
}

/** Takes what was appended to the launcher's log, and the nerfstudio runs that it launched. */
export function takeLauncherLog(
  state: ProjectMemory,
  { from, cursor, text }: Appended,
  { utcOffsetMs, redact }: { readonly utcOffsetMs: number; readonly redact: (text: string) => string },
): void {
  // Another look that was under way at the same time has told this.
  if (from !== cursorText(state.launcher.cursor)) return;
  const { name, root } = state.project;
  const { events } = parseLauncherLog(text, { project: name, root, utcOffsetMs });
  state.launcher.cursor = cursor;
  state.launcher.events.push(
    ...events.map((event) => (event.kind === 'launcher-error' ? { ...event, text: redact(event.text) } : event)),
  );
  const launched = events.flatMap((event) =>
    event.kind === 'run-launched' && !event.config.endsWith('.py') ? [event.config] : [],
  );
  adopt(
    state,
    launched.map((workDir) => ({ workDir, totalSteps: DEFAULT_STEPS })),
    { isLive: false },
  );
}

/** Takes over which configs there are. Where the disk is not there, or was not searched whole, nothing is taken to be gone. */
export function takeConfigs(state: ProjectMemory, answer: ConfigsAnswer): void {
  state.absent = answer.kind === 'absent' ? answer.path : null;
  if (answer.kind !== 'list') return;
  const { project, records } = state;
  const patterns = project.configs.map(globPattern);
  const names = new Set(answer.names.filter((name) => patterns.some((pattern) => pattern.test(name))));
  for (const name of names) if (!records.has(name)) records.set(name, createRecord(project, name));
  if (answer.whole) for (const name of records.keys()) if (!names.has(name)) records.delete(name);
  state.checksum = answer.checksum;
  state.refused = [...answer.refused];
  state.listProblems = answer.whole ? [] : [`some folders of ${project.root} cannot be searched for configs`];
}

/** A folder of logs that held runs and is gone is an unmounted disk rather than a thousand deleted runs. */
export function takeLogsFolder(state: ProjectMemory, stamp: string): void {
  if (state.absent !== null || stamp !== ABSENT) return;
  const hadRuns = [...state.records.values()].some(({ memory }) => memory.walk !== null);
  if (hadRuns) state.absent = logsFolder(state.project);
}

export function scanOf(state: ProjectMemory, at: Instant): ProjectScan {
  const { project, records } = state;
  const listed = [...records.values()].filter((record) => isListed(record, project));
  const { cursor, events } = state.launcher;
  // What is told once is not told again.
  if (events.length > 0) state.launcher = { cursor, events: [] };
  return {
    project: project.name,
    at,
    runs: [...listed.map((record) => factsOf(record, project)), ...refusedFacts(state), ...nerfFacts(state)],
    absent: state.absent !== null,
    launcher: cursor === null ? null : { cursor, events },
    problems: problemsOf(state),
  };
}

/** A file without a `config` is no run; one that cannot be read is one when it has a work dir. */
function isListed({ memory }: RunRecord, { formats }: Project): boolean {
  if (!formats.includes(formOf(memory) === 'evaluator' ? 'evaluator' : 'pylon')) return false;
  if (memory.source === null || memory.stamps.config === ABSENT) return false;
  return memory.source.python?.isRun ?? isThere(memory.stamps.dir);
}

/** Nobody can tell what they are; that they are not watched must not go unseen. */
function refusedFacts({ project, refused }: ProjectMemory): RunFacts[] {
  return [...new Set(refused)].map((config) => ({
    ...factsOf(createRecord(project, config), project),
    problem: 'it cannot be watched: its name has a newline or is not UTF-8',
  }));
}

function nerfFacts({ project, nerfs }: ProjectMemory): RunFacts[] {
  return [...nerfs.values()].flatMap(({ run, answer }) =>
    answer === null ? [] : [nerfstudioFacts(project.name, run, answer)],
  );
}

function problemsOf({ records, listProblems, absent }: ProjectMemory): string[] {
  const unread = [...records.values()].filter(({ memory }) => memory.source !== null && memory.source.python === null);
  return [
    ...(absent === null ? [] : [`${absent} is not there or cannot be entered; known runs are kept as they were`]),
    ...listProblems,
    ...unread.map(({ config, memory }) => {
      const size = parseStamp(memory.stamps.config)?.size ?? 0;
      return `${config} ${size > MAX_HEAD_BYTES ? 'is too large for a config and was not read' : 'cannot be read'}`;
    }),
  ];
}

export function cached({ checksum, listProblems, refused, records, nerfs }: ProjectMemory): Omit<ProjectCache, 'key'> {
  return {
    checksum,
    listProblems,
    refused,
    nerfs: [...nerfs.values()].map(({ run }) => run),
    runs: [...records.values()].map(({ memory }) => memory),
  };
}

export function restore(state: ProjectMemory, { checksum, listProblems, refused, nerfs, runs }: ProjectCache): void {
  Object.assign(state, { checksum, listProblems, refused });
  adopt(state, nerfs, { isLive: false });
  for (const memory of runs) state.records.set(memory.config, createRecord(state.project, memory.config, memory));
}
