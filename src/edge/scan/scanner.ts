import type { NerfstudioRun } from '../../core/runs/formats/nerfstudio.ts';
import { globSearch } from '../../core/runs/globs.ts';
import {
  ABSENT,
  appendedInput,
  configsInput,
  nerfstudioInput,
  parseAppended,
  parseConfigs,
  parseNerfstudio,
  parseNow,
  parseStamp,
  parseStamps,
  stampsInput,
  UNKNOWN,
} from '../../core/runs/scan-protocol.ts';
import type { Section } from '../../core/sections.ts';
import { HostError } from '../../domain/host.ts';
import type { LogCursor } from '../../domain/launcher.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Project, ProjectScan } from '../../domain/run.ts';
import { nextTurn } from '../../util/clock.ts';
import type { Ask } from './ask.ts';
import { type Asker, bodyOf, fulfil, takeBatch } from './ask.ts';
import { cachedProject, cacheOf } from './cache.ts';
import type { ProjectMemory } from './project-memory.ts';
import {
  adopt,
  cached,
  createMemory,
  launcherLog,
  logsFolder,
  nerfDirs,
  restore,
  scanOf,
  takeConfigs,
  takeLauncherLog,
  takeLogsFolder,
  takeNerfs,
} from './project-memory.ts';
import { keepsText } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';
import { wantsOf } from './wants.ts';
import { createWatchList, slotsToWatch } from './watch-list.ts';

/** Reads the run folders of the projects on one host's disk, each time only what changed. */
export interface Scanner {
  /**
   * Variables for SCAN_PROGRAM, which may stand behind other programs in the same round trip. A quick
   * request is for runs that are known, and searches for no others.
   */
  request(quick?: boolean): Record<string, string>;
  /**
   * Takes the answer to the last request, asks for the details of what changed, and tells all runs.
   * Throws HostError when the host is lost on the way or an answer is cut off; what was learnt until
   * then is kept.
   */
  accept(sections: ReadonlyMap<string, Section>, ask: Ask): Promise<readonly ProjectScan[]>;
  /** Takes over which nerfstudio runs of a project live now, on whatever host. */
  adopt(project: string, runs: readonly NerfstudioRun[]): void;
  /** Goes on reading the launcher's log of a project from here. */
  resumeLog(project: string, cursor: LogCursor): void;
  /** Plain JSON. */
  snapshotCache(): unknown;
  /** Goes on from a snapshot. What is damaged or of another configuration is left out and read anew. */
  restoreCache(cache: unknown): void;
}

interface Item {
  readonly record: RunRecord;
  readonly project: Project;
}

/** Configs compared in one look, in turn; those of runs that changed are compared in any case. */
const CONFIGS_PER_LOOK = 200;

/** With so many runs in one round trip there are more to come, and people want to see how far it is. */
const MANY_AT_ONCE = 100;

/** Pieces of a launcher's log in one look; what is left waits for the next. */
const MAX_PIECES = 20;

/** Of all runs on the host's disk. */
export interface ScanProgress {
  readonly done: number;
  readonly total: number;
}

/** Exists everywhere: without an answer to it, nothing is known of any file. */
const CANARY = '/';

export function createScanner(options: {
  readonly projects: readonly Project[];
  readonly clock: Clock;
  /** Masks the secrets in what is told of a log. */
  readonly redact?: (text: string) => string;
  /** Called while many runs are read for the first time. */
  readonly onProgress?: (progress: ScanProgress) => void;
}): Scanner {
  const { clock, redact = (text) => text, onProgress = () => undefined } = options;
  const states = options.projects.map(createMemory);
  let turn = 0;
  let watchList = createWatchList();

  function request(quick = false): Record<string, string> {
    watchList = createWatchList();
    const items = itemsOf(states);
    const search = !quick || items.length === 0;
    for (const { record, project } of items) watchList.watch(record, slotsToWatch(record, project));
    if (search) watchSomeConfigs(items);
    const fixed = [CANARY, ...options.projects.map(logsFolder)].map((path): [string, string] => [path, UNKNOWN]);
    return {
      scan_configs: !search
        ? ''
        : configsInput(
            states.map(({ project, checksum }, id) => ({
              id,
              root: project.root,
              checksum,
              searches: project.configs.map(globSearch),
            })),
          ),
      scan_stamps: stampsInput([...fixed, ...watchList.known()]),
      scan_nerfs: nerfstudioInput(states.flatMap(nerfDirs)),
      scan_appended: appendedInput(states.map(launcherLog)),
    };
  }

  function watchSomeConfigs(items: readonly Item[]): void {
    if (turn >= items.length) turn = 0;
    for (const { record } of items.slice(turn, turn + CONFIGS_PER_LOOK)) watchList.watch(record, ['config']);
    turn += CONFIGS_PER_LOOK;
  }

  async function accept(sections: ReadonlyMap<string, Section>, ask: Ask): Promise<readonly ProjectScan[]> {
    const clocks = parseNow(bodyOf(sections, 'scan:now'));
    const changed = parseStamps(bodyOf(sections, 'scan:stamps'));
    if (clocks === null || parseStamp(changed.get(CANARY) ?? ABSENT) === null) {
      throw new HostError('failed', 'the host has no date, stat or xargs that can be used to look at the run folders');
    }
    for (const [id, state] of states.entries()) {
      if (sections.has(`scan:configs:${id}`)) takeConfigs(state, parseConfigs(bodyOf(sections, `scan:configs:${id}`)));
      takeLogsFolder(state, changed.get(logsFolder(state.project)) ?? ABSENT);
    }
    const { now, utcOffsetMs } = clocks;
    const nerfs = sections.get('scan:nerfstudio');
    if (nerfs?.complete === true) {
      const answers = parseNerfstudio(nerfs.body);
      for (const state of states) takeNerfs(state, answers);
    }
    await readLauncherLogs(sections, utcOffsetMs, ask);
    await nextTurn();
    const items = itemsOf(states.filter(({ absent }) => absent === null));
    const records = new Set(items.map(({ record }) => record));
    for (const [path, stamp] of changed) watchList.take(path, stamp, now, records);
    await learn(items, now, ask, onProgress);
    await nextTurn();
    for (const item of items) release(item, now);
    return states.map((state) => scanOf(state, clock.now()));
  }

  /** One that grew by much is read piece by piece. */
  async function readLauncherLogs(
    sections: ReadonlyMap<string, Section>,
    utcOffsetMs: number,
    ask: Ask,
  ): Promise<void> {
    let answer = sections;
    for (let piece = 0; piece < MAX_PIECES; piece += 1) {
      const appended = states.map((_, id) => parseAppended(answer, id));
      for (const [id, state] of states.entries()) {
        const news = appended[id];
        if (news) takeLauncherLog(state, news, { utcOffsetMs, redact });
      }
      if (appended.every((news) => news === null)) return;
      answer = await ask({ scan_appended: appendedInput(states.map(launcherLog)) });
    }
  }

  return {
    request,
    accept,
    adopt(project, runs) {
      for (const state of states) if (state.project.name === project) adopt(state, runs, { isLive: true });
    },
    resumeLog(project, cursor) {
      for (const state of states) if (state.project.name === project) state.launcher.cursor = cursor;
    },
    snapshotCache: () => cacheOf(states.map((state) => [state.project, cached(state)])),
    restoreCache(cache) {
      for (const state of states) {
        const known = cachedProject(cache, state.project);
        if (known !== null) restore(state, known);
      }
    },
  };
}

function itemsOf(states: readonly ProjectMemory[]): Item[] {
  return states.flatMap(({ project, records }) => [...records.values()].map((record) => ({ record, project })));
}

/**
 * Asks batch by batch until nothing is left to learn; every answer settles what it was asked for. What has
 * been begun is finished before more is begun.
 */
async function learn(
  items: readonly Item[],
  now: number,
  ask: Ask,
  onProgress: (progress: ScanProgress) => void,
): Promise<void> {
  let begun: Item[] = [];
  let passed = 0;
  function next(): (Item & Asker) | null {
    for (;;) {
      const item = begun.shift() ?? items[passed++];
      if (item === undefined) return null;
      const wants = wantsOf(item.record, item.project, now);
      if (wants.length > 0) return { ...item, wants };
    }
  }

  let many = false;
  for (;;) {
    const batch = takeBatch(next);
    many ||= batch.length >= MANY_AT_ONCE;
    const done = Math.min(passed, items.length) - batch.length - begun.length;
    if (many) onProgress({ done, total: items.length });
    if (batch.length === 0) return;
    await fulfil(
      batch.flatMap(({ wants }) => wants),
      ask,
    );
    begun = [...batch, ...begun];
  }
}

function release({ record, project }: Item, now: number): void {
  if (keepsText(record, project, now)) return;
  record.logText = null;
  record.errorText = null;
}
