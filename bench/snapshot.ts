import { advance } from '../src/core/advance.ts';
import { readLogPace } from '../src/core/runs/rhythm.ts';
import { buildSnapshot, type Seen, trainersOf } from '../src/core/snapshot.ts';
import { type Project, RUN_FORMATS } from '../src/domain/run.ts';
import { EMPTY_STATE } from '../src/domain/state.ts';
import { DAY, SECOND } from '../src/domain/time.ts';
import { logAged, makeFacts } from '../test/core/runs/make-facts.ts';
import {
  makeHost,
  makeProcess,
  makeReceiver,
  makeRoute,
  makeSample,
  projectSettings,
  RULE_SETTINGS,
  T0,
} from '../test/support/make.ts';
import { count, ms, percentile, timesOf } from './measure.ts';
import type { Row } from './row.ts';

const HOSTS = 200;
const RUNS = 10_000;
const PROCESSES = 300;
const ROUNDS = 20;

const READER = { explain: () => null, pace: readLogPace };
const SETTINGS = { rules: RULE_SETTINGS, routing: { receivers: [makeReceiver()], routes: [makeRoute()] } };

export const snapshotRows: readonly Row<undefined>[] = [
  { name: `snapshot of ${HOSTS} hosts and ${count(RUNS)} runs, and what it leads to`, goal: '', measure },
];

/** Nothing has happened since the snapshot before, as nearly always; one run on each host is at work. */
async function measure() {
  const seen = everything();
  const first = performance.now();
  const trainers = new WeakMap();
  let snapshot = buildSnapshot({ ...seen, processes: trainersOf(seen.hosts, trainers) }, READER, T0);
  let { state } = advance(EMPTY_STATE, snapshot, SETTINGS);
  const firstMs = performance.now() - first;
  let second = 0;
  const times = await timesOf(
    () => {
      const previous = new Map(snapshot.runs.map((run) => [run.id, run]));
      second += 1;
      const processes = trainersOf(seen.hosts, trainers);
      snapshot = buildSnapshot({ ...seen, previous, processes }, READER, T0 + second * SECOND);
      ({ state } = advance(state, snapshot, SETTINGS));
    },
    ROUNDS,
    3,
  );
  const running = snapshot.runs.filter(({ status }) => status === 'running').length;
  if (running !== HOSTS || snapshot.runs.length !== RUNS) throw new Error(`${running} runs are at work`);
  return { measured: ms(percentile(times, 0.5)), baseline: `${ms(firstMs)}: built and decided anew` };
}

function everything(): Seen {
  const names = Array.from({ length: HOSTS }, (_, host) => `gpu${host}`);
  const runs = Array.from({ length: RUNS }, (_, index) =>
    makeFacts({
      config: `configs/bench/run_${index}.py`,
      completedEpochs: index < HOSTS ? 3 : 10,
      newestLog: logAged(index < HOSTS ? 5 * SECOND : 3 * DAY),
    }),
  );
  return {
    hosts: names.map((name, host) => {
      const processes = Array.from({ length: PROCESSES }, (_, pid) => makeProcess({ pid, args: args(host, pid) }));
      return makeHost({ name, sample: makeSample({ host: name, processes }) });
    }),
    projects: [project(names)],
    scans: new Map([['lab', { project: 'lab', at: T0, runs, absent: false, launcher: null, problems: [] }]]),
    scanErrors: new Map(),
    launcher: new Map(),
    reading: new Map(),
    previous: new Map(),
    builtFrom: new WeakMap(),
    processes: new Map(),
  };
}

function args(host: number, pid: number): string {
  if (pid === 0) return `/opt/conda/bin/python main.py --config-filepath ./configs/bench/run_${host}.py`;
  return `/usr/lib/systemd/some-daemon-${pid} --foreground --config /etc/some/daemon.conf --verbose`;
}

function project(runsOn: readonly string[]): Project {
  return projectSettings({ readFrom: 'gpu0', runsOn, formats: [...RUN_FORMATS], outdated: { olderThanMs: 120 * DAY } });
}
