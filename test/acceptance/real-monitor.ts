import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Host, HostState } from '../../src/domain/host.ts';
import type { Clock, Logger, Store } from '../../src/domain/ports.ts';
import type { Project, Run } from '../../src/domain/run.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { EMPTY_STATE, type State } from '../../src/domain/state.ts';
import { createObserver } from '../../src/observer.ts';
import { openMonitor } from '../../src/parts.ts';
import { fastClock } from '../support/fast-clock.ts';

export interface RealMonitor {
  readonly clock: Clock;
  readonly state: () => State;
  readonly host: (name: string) => HostState;
  readonly run: (project: string) => Run | undefined;
  readonly alertOf: (host: string) => Alert | undefined;
  /** When each good sample of a host was taken, oldest first, by the monitor's clock. */
  readonly samplesOf: (name: string) => readonly number[];
  /** The figures of all events and runs that the bot keeps, as text. */
  readonly kept: () => string;
  readonly events: readonly { readonly kind: string; readonly host: string | null }[];
  probe(name: string | null): Promise<readonly HostState[]>;
  stop(): Promise<void>;
}

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * The monitor over real connectors, with the observer behind it, on a clock that runs fast. An alert fires
 * a second after its host was lost.
 * @param home where the bot's `.ssh` is
 */
export function startMonitor(given: {
  readonly hosts: readonly Host[];
  readonly projects?: readonly Project[];
  readonly home: string;
  readonly rate: number;
}): RealMonitor {
  const { hosts, projects = [], home, rate } = given;
  const loaded = loadConfig({ cwd: home, env: { HOME: home } });
  assert.ok(loaded.ok);
  const rule = { enabled: true, severity: 'critical', holdForMs: 1_000 } as const;
  const rules = { ...loaded.config.rules, 'host-unreachable': rule };
  const config = { ...loaded.config, hosts, projects, rules };
  const clock = fastClock(rate);

  let state = EMPTY_STATE;
  const store: Store = {
    read: () => state,
    async commit(change) {
      state = change(state);
    },
  };
  const events: { kind: string; host: string | null }[] = [];
  const observe = createObserver({
    store,
    rules,
    routing: config,
    logger: SILENT,
    onEvents(seen) {
      for (const event of seen) events.push({ kind: event.kind, host: 'host' in event ? event.host : null });
    },
    onSaved: () => {},
  });
  const samples = new Map<string, number[]>();
  const base = {
    config,
    clock,
    // Close to the shortest of all waits.
    random: () => Math.random() / 1_000,
    logger: SILENT,
    redact: (text: string) => text,
    env: { HOME: home },
  };
  const onSnapshot = (snapshot: Snapshot): void => {
    observe(snapshot);
    for (const { name, sample } of snapshot.hosts) {
      const seen = samples.get(name) ?? [];
      samples.set(name, seen);
      if (sample !== null && seen.at(-1) !== sample.at) seen.push(sample.at);
    }
  };
  const monitor = openMonitor(base, onSnapshot, () => {});
  monitor.start();

  return {
    clock,
    state: () => state,
    events,
    host: (name) => monitor.snapshot().hosts.find((host) => host.name === name) ?? assert.fail(`no host ${name}`),
    run: (project) => monitor.snapshot().runs.find((run) => run.project === project),
    alertOf: (host) => Object.values(state.alerts).find((alert) => alert.labels.host === host),
    samplesOf: (name) => samples.get(name) ?? [],
    kept: () => JSON.stringify([state, monitor.cache(), monitor.snapshot()]),
    probe: (name) => monitor.probe(name),
    stop: () => monitor.stop(),
  };
}

export function hostAt(name: string, ssh: string, probeIntervalMs: number): Host {
  return { name, ssh, gpus: 'all', probeIntervalMs };
}
