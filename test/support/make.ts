import type { Gpu, HostProcess, HostSample, HostState } from '../../src/domain/host.ts';
import type { Receiver, Route, RuleSettings } from '../../src/domain/receiver.ts';
import type { Project, Run, RunCounts } from '../../src/domain/run.ts';
import type { ProjectState, Snapshot } from '../../src/domain/snapshot.ts';

export const T0 = Date.UTC(2026, 0, 15, 12);

export const NO_RUNS: RunCounts = {
  running: 0,
  finished: 0,
  failed: 0,
  stuck: 0,
  outdated: 0,
  never_started: 0,
  total: 0,
};

export function makeRun(over: Partial<Run> = {}): Run {
  const project = over.project ?? 'lab';
  const config = over.config ?? 'configs/exp/a.py';
  return {
    id: `${project}:${config}`,
    project,
    config,
    workDir: config.replace('configs', 'logs').replace('.py', ''),
    format: 'pylon',
    owner: 'ann',
    status: 'running',
    reason: 'log-active',
    progress: { completedEpochs: 3, totalEpochs: 10, percentage: 30, earlyStopped: false, earlyStoppedAtEpoch: null },
    rhythm: { epochMs: null, allowedSilenceMs: 180_000 },
    eta: null,
    process: null,
    ended: false,
    host: 'gpu1',
    sessions: 1,
    lastUpdate: T0,
    newestLog: { path: '/lab/logs/exp/a/train_val_0.log', mtime: T0, size: 100 },
    verdict: null,
    problem: null,
    ...over,
  };
}

export function makeSample(over: Partial<HostSample> = {}): HostSample {
  return {
    host: 'gpu1',
    at: T0,
    clockSkewS: 0,
    cpu: { pct: 40, cores: 16, load1: 3 },
    memory: { total: 64e9, available: 32e9 },
    disks: [{ mount: '/', total: 100e9, free: 50e9, inodes: null }],
    gpus: [],
    gpuProcesses: [],
    processes: [],
    oomKills: { host: 0, cgroup: null },
    kernelEvents: [],
    roots: {},
    problems: [],
    ...over,
  };
}

export function makeGpu(over: Partial<Gpu> = {}): Gpu {
  const index = over.index ?? 0;
  return {
    index,
    uuid: `GPU-${index}`,
    name: 'A100',
    busId: `0000:0${index}:00.0`,
    state: 'ok',
    utilPct: 50,
    memory: { total: 80e9, used: 1e9 },
    tempC: 40,
    powerW: 200,
    powerLimitW: 400,
    clocks: { sm: 1410, smMax: 1410, memory: 1593 },
    throttle: [],
    ecc: { corrected: 0, uncorrected: 0 },
    mig: null,
    ...over,
  };
}

export function makeProcess(over: Partial<HostProcess> = {}): HostProcess {
  return { pid: 100, user: 'ann', startedAt: T0, args: 'python x.py', rss: 1, state: 'S', cwd: null, ...over };
}

export function makeHost(over: Partial<HostState> = {}): HostState {
  return { name: 'gpu1', reachable: true, error: null, since: T0, sample: makeSample(), ...over };
}

export function makeProject(over: Partial<ProjectState> = {}): ProjectState {
  return {
    name: 'lab',
    root: '/lab',
    readFrom: 'gpu1',
    scanned: true,
    stale: false,
    problems: [],
    reading: null,
    launcher: null,
    ...over,
  };
}

/** A project as the configuration gives it. */
export function projectSettings(over: Partial<Project> = {}): Project {
  return {
    name: 'lab',
    root: '/lab',
    readFrom: 'gpu1',
    runsOn: ['gpu1'],
    configs: ['configs/**/*.py'],
    formats: ['pylon'],
    epochs: null,
    sleepTimeMs: 180_000,
    outdated: null,
    expectedFiles: [],
    launcherLog: 'project/run_agent.log',
    ...over,
  };
}

export function makeSnapshot(over: Partial<Snapshot> = {}): Snapshot {
  return { at: T0, hosts: [makeHost()], projects: [makeProject()], runs: [], ...over };
}

export const RULE_SETTINGS: Record<string, RuleSettings> = {
  'run-failed': { enabled: true, severity: 'critical', holdForMs: 0 },
  'run-stuck': { enabled: true, severity: 'critical', holdForMs: 300_000 },
  'host-unreachable': { enabled: true, severity: 'critical', holdForMs: 90_000 },
  'gpu-lost': { enabled: true, severity: 'critical', holdForMs: 0 },
};

export function makeReceiver(over: Partial<Receiver> = {}): Receiver {
  return { name: 'lab', destination: { kind: 'slack', channel: '#gpu' }, hears: null, ...over };
}

export function makeRoute(over: Partial<Route> = {}): Route {
  return {
    match: [],
    receivers: ['lab'],
    groupBy: ['rule', 'project', 'host'],
    groupWaitMs: null,
    groupIntervalMs: 60_000,
    ...over,
  };
}
