import { globSearch } from '../../core/runs/globs.ts';
import {
  ABSENT,
  configsInput,
  parseConfigs,
  parseStamp,
  parseStamps,
  stampsInput,
  UNKNOWN,
} from '../../core/runs/scan-protocol.ts';
import type { Section } from '../../core/sections.ts';
import { HostError } from '../../domain/host.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Project, ProjectScan } from '../../domain/run.ts';
import type { Ask } from './ask.ts';
import { bodyOf, fulfil, takeBatch } from './ask.ts';
import { cachedProject, cacheOf } from './cache.ts';
import type { ProjectState } from './project-state.ts';
import { cached, createState, logsFolder, restore, scanOf, takeConfigs, takeLogsFolder } from './project-state.ts';
import { keepsText } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';
import { wantsOf } from './wants.ts';
import { createWatchList, slotsToWatch } from './watch-list.ts';

/** Reads the run folders of the projects on one host's disk, each time only what changed. */
export interface Scanner {
  /** Variables for SCAN_PROGRAM, which may stand behind other programs in the same round trip. */
  request(): Record<string, string>;
  /**
   * Takes the answer to the last request, asks for the details of what changed, and tells all runs.
   * Throws HostError when the host is lost on the way or an answer is cut off; what was learnt until
   * then is kept.
   */
  accept(sections: ReadonlyMap<string, Section>, ask: Ask): Promise<readonly ProjectScan[]>;
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

/** Exists everywhere: without an answer to it, nothing is known of any file. */
const CANARY = '/';

export function createScanner(options: { readonly projects: readonly Project[]; readonly clock: Clock }): Scanner {
  const { clock } = options;
  const states = options.projects.map(createState);
  let turn = 0;
  let watchList = createWatchList();

  function request(): Record<string, string> {
    watchList = createWatchList();
    const items = itemsOf(states);
    for (const { record, project } of items) watchList.watch(record, slotsToWatch(record, project));
    if (turn >= items.length) turn = 0;
    for (const { record } of items.slice(turn, turn + CONFIGS_PER_LOOK)) watchList.watch(record, ['config']);
    turn += CONFIGS_PER_LOOK;
    const fixed = [CANARY, ...options.projects.map(logsFolder)].map((path): [string, string] => [path, UNKNOWN]);
    return {
      scan_configs: configsInput(
        states.map(({ project, checksum }, id) => ({
          id,
          root: project.root,
          checksum,
          searches: project.configs.map(globSearch),
        })),
      ),
      scan_stamps: stampsInput([...fixed, ...watchList.known()]),
    };
  }

  async function accept(sections: ReadonlyMap<string, Section>, ask: Ask): Promise<readonly ProjectScan[]> {
    const now = Number.parseInt(bodyOf(sections, 'scan:now'), 10) * 1000;
    const changed = parseStamps(bodyOf(sections, 'scan:stamps'));
    if (Number.isNaN(now) || parseStamp(changed.get(CANARY) ?? ABSENT) === null) {
      throw new HostError('failed', 'the host has no date, stat or xargs that can be used to look at the run folders');
    }
    for (const [id, state] of states.entries()) {
      takeConfigs(state, parseConfigs(bodyOf(sections, `scan:configs:${id}`)));
      takeLogsFolder(state, changed.get(logsFolder(state.project)) ?? ABSENT);
    }
    const items = itemsOf(states.filter(({ absent }) => absent === null));
    const records = new Set(items.map(({ record }) => record));
    for (const [path, stamp] of changed) watchList.take(path, stamp, now, records);
    await learn(items, now, ask);
    for (const item of items) release(item, now);
    return states.map((state) => scanOf(state, clock.now()));
  }

  return {
    request,
    accept,
    snapshotCache: () => cacheOf(states.map((state) => [state.project, cached(state)])),
    restoreCache(cache) {
      for (const state of states) {
        const known = cachedProject(cache, state.project);
        if (known !== null) restore(state, known);
      }
    },
  };
}

function itemsOf(states: readonly ProjectState[]): Item[] {
  return states.flatMap(({ project, records }) => [...records.values()].map((record) => ({ record, project })));
}

/** Asks batch by batch until nothing is left to learn; every answer settles what it was asked for. */
async function learn(items: readonly Item[], now: number, ask: Ask): Promise<void> {
  const wants = ({ record, project }: Item) => wantsOf(record, project, now);
  const queue = items.filter((item) => wants(item).length > 0);
  while (queue.length > 0) {
    const batch = takeBatch(queue, wants);
    await fulfil(batch.wants, ask);
    queue.push(...batch.items.filter((item) => wants(item).length > 0));
  }
}

function release({ record, project }: Item, now: number): void {
  if (keepsText(record, project, now)) return;
  record.logText = null;
  record.errorText = null;
}
