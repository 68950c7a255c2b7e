import assert from 'node:assert/strict';
import { advance } from '../../src/core/advance.ts';
import { membersOf } from '../../src/core/alerts/content.ts';
import { delivered } from '../../src/core/deliveries/outcome.ts';
import type { Delivery } from '../../src/domain/delivery.ts';
import type { Receiver } from '../../src/domain/receiver.ts';
import type { Run } from '../../src/domain/run.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { EMPTY_STATE, type State } from '../../src/domain/state.ts';
import {
  makeHost,
  makeProject,
  makeReceiver,
  makeRoute,
  makeRun,
  makeSnapshot,
  RULE_SETTINGS,
  T0,
} from '../support/make.ts';

const failed = { status: 'failed', reason: 'fatal-error' } as const;
const finished = { status: 'finished', reason: 'complete' } as const;
const SECOND = 1000;

/** The state over a timeline of snapshots; every owed message is taken as delivered at once. */
class Timeline {
  state: State = EMPTY_STATE;
  readonly receivers: readonly Receiver[];

  constructor(receivers: readonly Receiver[] = [makeReceiver()]) {
    this.receivers = receivers;
  }

  at(second: number, over: Partial<Snapshot>): Delivery[] {
    const snapshot = makeSnapshot({ at: T0 + second * SECOND, ...over });
    const routes = [makeRoute({ receivers: this.receivers.map((receiver) => receiver.name) })];
    const before = this.state.deliveries;
    this.state = advance(this.state, snapshot, {
      rules: RULE_SETTINGS,
      routing: { receivers: this.receivers, routes },
    }).state;
    return Object.values(this.state.deliveries).filter((row) => before[row.key] !== row);
  }

  deliverAll(now = T0): void {
    const rows = Object.values(this.state.deliveries).map((row) => [
      row.key,
      delivered(
        row,
        { content: row.desired, version: row.desiredVersion, receipt: { id: row.key }, detailsOwed: false },
        now,
      ),
    ]);
    this.state = { ...this.state, deliveries: Object.fromEntries(rows) };
  }

  runs(second: number, ...runs: Partial<Run>[]): Delivery[] {
    return this.at(second, { runs: runs.map((run, index) => makeRun({ config: `configs/${index}.py`, ...run })) });
  }
}

const states = (row: Delivery | undefined) =>
  row === undefined ? [] : membersOf(row.desired).map((member) => member.state);

const runsIn = (row: Delivery | undefined): readonly unknown[] =>
  Array.isArray(row?.desired.data.runs) ? row.desired.data.runs : [];

describe('advance', () => {
  it('gives the same state where nothing has changed, and changes no more than what has', () => {
    const line = new Timeline();
    const runs = [{}, failed, finished];
    line.runs(0, ...runs);
    line.runs(1, {}, failed, finished);
    line.deliverAll();
    const { state } = line;
    line.runs(2, ...runs);
    assert.equal(line.state, state);
    line.runs(3, { progress: { ...makeRun().progress, completedEpochs: 4 } }, failed, finished);
    assert.notEqual(line.state, state);
    const before = state.projects.lab?.runs ?? {};
    const after = line.state.projects.lab?.runs ?? {};
    const changed = Object.keys(after).filter((config) => after[config] !== before[config]);
    assert.deepEqual(changed, ['configs/0.py']);
    assert.equal(line.state.hosts, state.hosts);
    assert.equal(line.state.alerts, state.alerts);
  });

  it('tells 3,000 dead runs at first sight in one message and alerts nobody', () => {
    const line = new Timeline();
    const rows = line.runs(0, ...Array.from({ length: 3000 }, () => failed));
    assert.deepEqual(
      rows.map((row) => row.desired.template),
      ['baseline'],
    );
    assert.deepEqual(line.state.alerts, {});
    assert.ok(rows[0]);
    const [project] = rows[0].desired.data.projects as { failed: number; failed_runs: string[]; more: number }[];
    assert.equal(project?.failed, 3000);
    assert.equal((project?.failed_runs.length ?? 0) + (project?.more ?? 0), 3000);
    assert.deepEqual(line.runs(30, ...Array.from({ length: 3000 }, () => failed)), []);
  });

  it('tells a failure once, and edits the same message to resolved when the run starts again', () => {
    const line = new Timeline();
    line.runs(0, {});
    const [alert] = line.runs(30, failed);
    assert.deepEqual(states(alert), ['firing']);
    assert.equal(alert?.notBefore, T0 + 30 * SECOND);
    line.deliverAll();
    assert.deepEqual(line.runs(60, failed), []);
    const [resolved] = line.runs(90, { sessions: 2 });
    assert.equal(resolved?.key, alert?.key);
    assert.deepEqual(states(resolved), ['resolved']);
    assert.equal(resolved?.closed, true);
    line.deliverAll();
    assert.deepEqual(line.runs(120, { sessions: 2 }), []);
  });

  it('makes a new message of the next failure of the same run', () => {
    const line = new Timeline();
    line.runs(0, {});
    const [first] = line.runs(30, failed);
    line.runs(60, { sessions: 2 });
    const [second] = line.runs(90, { ...failed, sessions: 2 });
    assert.notEqual(second?.key, first?.key);
    assert.deepEqual(states(second), ['firing']);
  });

  it('takes a run that was restarted and died between two looks for a new failure', () => {
    const line = new Timeline();
    line.runs(0, {});
    line.runs(30, failed);
    const [row] = line.runs(60, { ...failed, sessions: 2 });
    assert.deepEqual(states(row).sort(), ['firing', 'resolved']);
  });

  it('puts later failures of the group into the standing message', () => {
    const line = new Timeline();
    line.runs(0, {}, {}, {});
    const [first] = line.runs(30, failed, {}, {});
    line.deliverAll();
    const [second] = line.runs(60, failed, failed, failed);
    assert.equal(second?.key, first?.key);
    assert.equal(second?.desiredVersion, 2);
    assert.deepEqual(states(second), ['firing', 'firing', 'firing']);
  });

  it('alerts on a run that was bad at first sight once it has failed anew', () => {
    const line = new Timeline();
    line.runs(0, failed);
    assert.deepEqual(line.runs(30, { sessions: 2 }), []);
    const [row] = line.runs(60, { ...failed, sessions: 2 });
    assert.deepEqual(states(row), ['firing']);
  });

  it('freezes alerts on a host that is out of reach, and alerts on the host after its hold time', () => {
    const line = new Timeline();
    const error = { kind: 'timeout', message: 'no answer' } as const;
    const down = makeHost({ reachable: false, error });
    const carried = makeRun({ config: 'configs/0.py', ...failed, reason: 'host-unreachable' });
    line.runs(0, {});
    line.runs(30, failed);
    line.deliverAll();
    assert.deepEqual(line.at(60, { hosts: [down], runs: [carried] }), []);
    const [row] = line.at(160, { hosts: [down], runs: [carried] });
    assert.deepEqual(row && membersOf(row.desired).map(({ rule, host }) => [rule, host]), [
      ['host-unreachable', 'gpu1'],
    ]);
    assert.equal(Object.values(line.state.alerts).filter((alert) => alert.state === 'firing').length, 2);
  });

  it('keeps what it knows while nothing has been read yet after a restart', () => {
    const line = new Timeline();
    line.runs(0, {});
    line.runs(30, failed);
    line.deliverAll();
    const blind = { hosts: [makeHost({ reachable: null, sample: null })], projects: [makeProject({ scanned: false })] };
    assert.deepEqual(line.at(60, blind), []);
    assert.equal(Object.keys(line.state.alerts).length, 1);
    const [resolved] = line.runs(90, { sessions: 2 });
    assert.deepEqual(states(resolved), ['resolved']);
  });

  it('keeps the alert when the host of the run is seen otherwise, as after a restart', () => {
    const line = new Timeline();
    line.runs(0, { host: 'gpu2' });
    const [row] = line.runs(30, { ...failed, host: 'gpu2' });
    assert.deepEqual(row && membersOf(row.desired).map(({ host }) => host), ['gpu2']);
    assert.deepEqual(line.runs(60, { ...failed, host: 'gpu1' }), []);
  });

  it('holds an alert while its config is away for a moment, and resolves it when it stays away', () => {
    const line = new Timeline();
    line.runs(0, {});
    line.runs(30, failed);
    line.deliverAll();
    assert.deepEqual(line.at(60, { runs: [] }), []);
    assert.deepEqual(line.runs(90, failed), []);
    line.at(120, { runs: [] });
    const [row] = line.at(800, { runs: [] });
    assert.deepEqual(row && membersOf(row.desired).map((member) => member.resolution), ['no longer watched']);
    line.deliverAll();
    assert.deepEqual(line.runs(830, failed), [], 'it is old news when it comes back');
  });

  it('keeps quiet about a run of first sight whose config comes and goes, or whose logs are pruned', () => {
    const line = new Timeline();
    line.runs(0, { ...failed, sessions: 3 });
    line.deliverAll();
    line.at(30, { runs: [] });
    assert.deepEqual(line.runs(60, { ...failed, sessions: 3 }), []);
    assert.deepEqual(line.runs(90, { ...failed, sessions: 1 }), []);
    const [row] = line.runs(120, { ...failed, sessions: 2 });
    assert.deepEqual(states(row), ['firing'], 'but one more log is one more start');
  });

  it('takes the pruning of logs for no new failure', () => {
    const line = new Timeline();
    line.runs(0, { sessions: 3 });
    line.runs(30, { ...failed, sessions: 3 });
    line.deliverAll();
    assert.deepEqual(line.runs(60, { ...failed, sessions: 1 }), []);
  });

  it('alerts nobody about a finished run whose epochs were raised', () => {
    const line = new Timeline();
    line.runs(0, {});
    line.runs(30, finished);
    line.deliverAll();
    assert.deepEqual(line.runs(60, { ...failed, reason: 'stopped-writing' }), []);
  });

  it('waits 30 s for company where a message cannot be edited, and says one thing a minute', () => {
    const line = new Timeline([makeReceiver({ name: 'pi', destination: { kind: 'email', to: ['pi@lab.example'] } })]);
    line.runs(0, {}, {});
    const [first] = line.runs(30, failed, {});
    assert.equal(first?.notBefore, T0 + 60 * SECOND);
    line.deliverAll(T0 + 60 * SECOND);
    const [second] = line.runs(90, failed, failed);
    assert.equal(second?.notBefore, T0 + 120 * SECOND);
  });

  it('gathers finished runs into one notice while it waits', () => {
    const line = new Timeline();
    line.runs(0, {}, {}, {});
    line.deliverAll();
    line.runs(30, finished, {}, {});
    const [row] = line.runs(40, finished, finished, {});
    assert.equal(runsIn(row).length, 2);
    line.deliverAll();
    const [next] = line.runs(70, finished, finished, finished);
    assert.notEqual(next?.key, row?.key);
    assert.equal(runsIn(next).length, 1);
  });

  it('says why a thing is told or not told', () => {
    const snapshot = makeSnapshot({ runs: [makeRun()] });
    const settings = { rules: RULE_SETTINGS, routing: { receivers: [makeReceiver()], routes: [] } };
    const first = advance(EMPTY_STATE, snapshot, settings);
    const second = advance(first.state, { ...snapshot, at: T0 + 1, runs: [makeRun(failed)] }, settings);
    assert.deepEqual(
      second.decisions.map(({ told, reason }) => [told, reason]),
      [[false, 'no route matches']],
    );
  });

  it('does not evaluate a rule that is off, and resolves what it had raised', () => {
    const line = new Timeline();
    line.runs(0, {});
    line.runs(30, failed);
    const off = { ...RULE_SETTINGS, 'run-failed': { enabled: false, severity: 'critical', holdForMs: 0 } as const };
    const routing = { receivers: line.receivers, routes: [makeRoute()] };
    const { state } = advance(
      line.state,
      makeSnapshot({ at: T0 + 60 * SECOND, runs: [makeRun({ config: 'configs/0.py', ...failed })] }),
      { rules: off, routing },
    );
    assert.deepEqual(state.alerts, {});
  });

  it('forgets rows a day after the matter is over, but never what is still owed', () => {
    const line = new Timeline();
    line.runs(0, {});
    line.deliverAll();
    assert.equal(Object.keys(line.state.deliveries).length, 1);
    line.runs(86_401, {});
    assert.equal(Object.keys(line.state.deliveries).length, 0);
    const owing = new Timeline();
    owing.runs(0, {});
    owing.runs(86_401, {});
    assert.equal(Object.keys(owing.state.deliveries).length, 1);
  });
});
