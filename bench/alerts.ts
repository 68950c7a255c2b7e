import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advance } from '../src/core/advance.ts';
import type { Run } from '../src/domain/run.ts';
import { EMPTY_STATE, type State } from '../src/domain/state.ts';
import { MINUTE } from '../src/domain/time.ts';
import { openStateStore } from '../src/edge/storage/state-store.ts';
import { makeReceiver, makeRoute, RULE_SETTINGS, T0 } from '../test/support/make.ts';
import { failedRun, fleetRuns, fleetSnapshot } from './fleet.ts';
import { count, ms, percentile, timesOf } from './measure.ts';
import type { Row } from './row.ts';

const HOSTS = 20;
const ALERTS = 10_000;
const CHANGES = 100;
const SAVED_ALERTS = 1_000;
const ROUNDS = 20;

const SETTINGS = { rules: RULE_SETTINGS, routing: { receivers: [makeReceiver()], routes: [makeRoute()] } };

export const alertRows: readonly Row<undefined>[] = [
  { name: `a tick with ${count(ALERTS)} open alerts decided`, goal: '50 ms', measure: decideQuiet },
  { name: `the same while ${CHANGES} of them end`, goal: '50 ms', measure: decideChanges },
  { name: `saving the state with ${count(SAVED_ALERTS)} open alerts`, goal: '20 ms', measure: saveState },
];

async function decideQuiet() {
  const runs = fleetRuns(ALERTS, HOSTS, failedRun);
  const from = performance.now();
  const state = stateWith(runs);
  const firstMs = performance.now() - from;
  const times = await timesOf(() => tick(state, runs), ROUNDS, 3);
  return { measured: ms(percentile(times, 0.5)), baseline: `${ms(firstMs)}: all of them fail at once` };
}

async function decideChanges() {
  const runs = fleetRuns(ALERTS, HOSTS, failedRun);
  const state = stateWith(runs);
  const after = [...runs];
  for (const [index, run] of fleetRuns(CHANGES, HOSTS).entries()) after[index] = run;
  return { measured: ms(percentile(await timesOf(() => tick(state, after), ROUNDS, 3), 0.5)), baseline: '' };
}

async function saveState() {
  const folder = mkdtempSync(join(tmpdir(), 'pylon-bench-'));
  try {
    const state = stateWith(fleetRuns(SAVED_ALERTS, HOSTS, failedRun));
    const { store } = await openStateStore(folder);
    const times = await timesOf(() => store.commit(() => ({ ...state })), ROUNDS, 3);
    const text = JSON.stringify(state);
    const plain = await timesOf(() => writeFile(join(folder, 'plain.json'), JSON.stringify(state)), ROUNDS, 3);
    const size = `${count(text.length / 1024)} KiB`;
    const baseline = `${ms(percentile(plain, 0.5))}: written over, neither synced nor kept`;
    return { measured: `${ms(percentile(times, 0.5))} (${size})`, baseline };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** These runs were known to run, and now are as they are. */
function stateWith(runs: readonly Run[]): State {
  const known = advance(EMPTY_STATE, fleetSnapshot(fleetRuns(runs.length, HOSTS), HOSTS), SETTINGS).state;
  const state = tick(known, runs);
  const firing = Object.values(state.alerts).filter((alert) => alert.state === 'firing').length;
  if (firing !== runs.length) throw new Error(`${firing} of ${runs.length} alerts fire`);
  return state;
}

function tick(state: State, runs: readonly Run[]): State {
  return advance(state, fleetSnapshot(runs, HOSTS, T0 + MINUTE), SETTINGS).state;
}
