import type { Content } from '../../src/domain/delivery.ts';
import type {
  AlertGroupView,
  AlertView,
  EventsView,
  ProbeView,
  RunDetailView,
  RunsView,
  RunView,
  StatusView,
} from '../../src/domain/views.ts';

/** A message to be rendered. */
export function content(template: string, data: object, more: Partial<Content> = {}): Content {
  return {
    template,
    kind: 'answer',
    severity: null,
    resolved: false,
    data: data as Record<string, unknown>,
    ...more,
  };
}

export function alertView(more: Partial<AlertView> = {}): AlertView {
  return {
    id: 'a-1',
    rule: 'run-failed',
    severity: 'critical',
    state: 'firing',
    project: 'pylon',
    host: 'gpu1',
    run: 'configs/exp/a.py',
    gpu: null,
    summary: 'CUDA out of memory on GPU 0, 20.00 MiB requested',
    evidence: [
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.',
      'after 57 of 100 epochs',
      'log: /nfs/pylon/logs/exp/a/train_3.log',
    ],
    starts_at: '2026-11-24T13:32:00.000Z',
    ends_at: null,
    resolution: null,
    duration_s: null,
    ...more,
  };
}

export const HOST_DOWN: AlertView = alertView({
  id: 'a-9',
  rule: 'host-unreachable',
  project: null,
  host: 'gpu2',
  run: null,
  summary: 'it does not answer',
  evidence: [],
});

export function over(alert: AlertView, resolution = 'running again'): AlertView {
  return { ...alert, state: 'resolved', ends_at: '2026-11-24T15:37:00.000Z', resolution, duration_s: 7500 };
}

export function group(alerts: readonly AlertView[], folded: AlertGroupView['folded'] = []): AlertGroupView {
  const firing = alerts.filter((alert) => alert.state === 'firing').length;
  return { severity: 'critical', resolved: firing === 0, firing, total: alerts.length, alerts, folded };
}

/** Alerts about the runs `configs/exp/0.py` and so on. */
export function alertsAbout(count: number): AlertView[] {
  return Array.from({ length: count }, (_, index) => alertView({ id: `a-${index}`, run: `configs/exp/${index}.py` }));
}

export const STATUS: StatusView = {
  schema: 'pylon.status/1',
  at: '2026-11-24T13:32:00.000Z',
  bot: { running: true, since: '2026-11-20T08:00:00.000Z', observed_today_pct: 99.26 },
  runs: {
    running: 12,
    finished: 15,
    failed: 3,
    stuck: 1,
    outdated: 2,
    never_started: 15,
    total: 48,
    completion_pct: 73.58,
  },
  hosts: [
    {
      name: 'gpu1',
      reachable: true,
      error: null,
      age_s: 12,
      cpu_pct: 45.2,
      gpus: { total: 8, idle: 2, free: 1, held: 1 },
    },
    { name: 'gpu2', reachable: false, error: 'no answer within 10 s', age_s: 310, cpu_pct: null, gpus: null },
    { name: 'gpu3', reachable: null, error: null, age_s: null, cpu_pct: null, gpus: null },
    {
      name: 'head',
      reachable: true,
      error: null,
      age_s: 3,
      cpu_pct: null,
      gpus: { total: 0, idle: 0, free: 0, held: 0 },
    },
  ],
  alerts: { critical: 2, warning: 1, info: 0 },
  attention: [
    { text: 'Run failed: configs/exp/a.py, CUDA out of memory', ref: 'a-1' },
    { text: 'Host unreachable: gpu2', ref: 'a-2' },
  ],
};

export function runView(more: Partial<RunView> = {}): RunView {
  return {
    config: 'configs/exp/a.py',
    work_dir: 'logs/exp/a',
    project: 'pylon',
    format: 'pylon',
    owner: 'alice',
    status: 'running',
    reason: 'log-active',
    progress: {
      completed_epochs: 57,
      total_epochs: 100,
      progress_percentage: 57,
      early_stopped: false,
      early_stopped_at_epoch: null,
    },
    eta: {
      at: '2026-11-25T02:10:00.000Z',
      low: '2026-11-25T01:00:00.000Z',
      high: '2026-11-25T04:00:00.000Z',
    },
    process: { host: 'gpu1', pid: 4711, user: 'alice', start_time: null, cmd: null },
    last_update: '2026-11-24T13:30:00.000Z',
    host: 'gpu1',
    summary: null,
    ...more,
  };
}

export const RUNS: RunsView = {
  schema: 'pylon.runs/1',
  at: '2026-11-24T13:32:00.000Z',
  runs: [
    runView(),
    runView({ config: 'configs/exp/b.py', status: 'failed', reason: 'never-started', eta: null, process: null }),
    runView({ config: 'configs/exp/c.py', status: 'finished', reason: 'early-stopped', eta: null }),
    runView({ config: 'configs/exp/d.py', reason: 'host-unreachable' }),
    runView({
      config: 'configs/exp/e.py',
      status: 'failed',
      reason: 'unreadable',
      summary: 'permission denied',
      progress: {
        completed_epochs: 3,
        total_epochs: null,
        progress_percentage: null,
        early_stopped: false,
        early_stopped_at_epoch: null,
      },
    }),
  ],
  omitted: 0,
  total: 5,
  problems: ['pylon: configs/exp/e.py could not be read: permission denied'],
};

export const RUN: RunDetailView = {
  ...runView({
    process: {
      host: 'gpu1',
      pid: 4711,
      user: 'alice',
      start_time: '2026-11-24T08:32:00.000Z',
      cmd: 'python main.py --config-filepath configs/exp/a.py',
    },
  }),
  schema: 'pylon.run/1',
  at: '2026-11-24T13:32:00.000Z',
  rhythm: { epoch_s: 1_024.5, epochs_per_day: 84.3, allowed_silence_s: 1_500 },
  sessions: 2,
  silent_s: 120,
  problem: null,
  verdict: null,
  log: '/nfs/pylon/logs/exp/a/train_1.log',
  last_lines: ['INFO: Training [Epoch 57/100]', 'INFO: loss 0.12'],
  gpus: [{ host: 'gpu1', index: 3, name: 'NVIDIA H100 80GB HBM3', util_pct: 97, memory: 64_424_509_440 }],
};

export const DEAD_RUN: RunDetailView = {
  ...RUN,
  ...runView({
    status: 'failed',
    reason: 'fatal-error',
    eta: null,
    process: null,
    summary: 'CUDA out of memory on GPU 0',
  }),
  verdict: { summary: 'CUDA out of memory on GPU 0', evidence: ['torch.OutOfMemoryError: CUDA out of memory.'] },
  gpus: [],
  last_lines: [],
};

export const UNREAD_RUN: RunDetailView = {
  ...RUN,
  ...runView({ reason: 'host-unreachable', format: 'nerfstudio', owner: null, eta: null, process: null }),
  rhythm: { epoch_s: null, epochs_per_day: null, allowed_silence_s: 180 },
  problem: 'config.yml: permission denied',
  sessions: 0,
  silent_s: null,
  log: null,
  last_lines: [],
  gpus: [],
};

export const PROBE: ProbeView = {
  schema: 'pylon.probe/1',
  at: '2026-11-24T13:32:00.000Z',
  hosts: [
    {
      name: 'gpu1',
      reachable: true,
      error: null,
      clock_skew_s: 3,
      cpu: { pct: 45.2, cores: 64, load1: 12.3 },
      memory: { total: 549_755_813_888, available: 128_849_018_880 },
      disks: [
        {
          mount: '/nfs',
          total: 10_995_116_277_760,
          free: 1_099_511_627_776,
          inodes: { total: 1_000_000, free: 400_000 },
        },
      ],
      gpus: [
        {
          index: 0,
          uuid: 'GPU-1',
          name: 'NVIDIA H100 80GB HBM3',
          state: 'ok',
          util_pct: 97,
          memory: { total: 85_520_809_984, used: 64_424_509_440 },
          temp_c: 61,
          power_w: 512.4,
          power_limit_w: 700,
          bus_id: '0000:3b:00.0',
          clocks: { sm: 1755, sm_max: 1980, memory: 2619 },
          throttle: ['sw-thermal'],
          ecc: { corrected: 0, uncorrected: 2 },
          mig: null,
          xid: [],
          notes: ['ECC: 2 uncorrected', 'throttled: heat'],
        },
        {
          index: 1,
          uuid: 'GPU-2',
          name: 'NVIDIA H100 80GB HBM3',
          state: 'lost',
          util_pct: null,
          memory: { total: null, used: null },
          temp_c: null,
          power_w: null,
          power_limit_w: null,
          bus_id: '0000:5e:00.0',
          clocks: { sm: null, sm_max: null, memory: null },
          throttle: null,
          ecc: { corrected: null, uncorrected: null },
          mig: null,
          xid: [79],
          notes: ['Xid 79'],
        },
      ],
      processes: [
        {
          pid: 4711,
          user: 'alice',
          started_at: '2026-11-24T08:00:00.000Z',
          gpu_index: 0,
          gpu_memory: 64_424_509_440,
          run: 'configs/exp/a.py',
          cmd: 'python main.py --config-filepath configs/exp/a.py',
        },
        { pid: 99, user: null, started_at: null, gpu_index: null, gpu_memory: null, run: null, cmd: 'python x.py' },
      ],
      oom_kills: { host: 2, cgroup: null },
      kernel_events: [
        { at: '2026-11-24T13:00:00.000Z', text: 'NVRM: Xid (PCI:0000:5e:00): 79, GPU has fallen off the bus.' },
      ],
      problems: ['disks: df timed out'],
    },
    {
      name: 'gpu2',
      reachable: false,
      error: 'no answer within 10 s',
      clock_skew_s: null,
      cpu: { pct: null, cores: null, load1: null },
      memory: null,
      disks: null,
      gpus: null,
      oom_kills: { host: null, cgroup: null },
      kernel_events: null,
      processes: [],
      problems: [],
    },
  ],
};

export const EVENTS: EventsView = {
  schema: 'pylon.events/1',
  at: '2026-11-24T13:32:00.000Z',
  since: '2026-11-23T13:32:00.000Z',
  events: [
    {
      kind: 'run-failed',
      at: '2026-11-24T13:12:00.000Z',
      project: 'pylon',
      config: 'configs/exp/a.py',
      host: 'gpu1',
      text: 'configs/exp/a.py failed: CUDA out of memory',
    },
    { kind: 'host-lost', at: '2026-11-24T13:30:00.000Z', project: null, host: 'gpu2', text: 'gpu2 cannot be reached' },
  ],
  omitted: 0,
};

export const BASELINE = {
  projects: [
    {
      project: 'pylon',
      root: '/nfs/pylon',
      host: 'gpu1',
      total: 48,
      running: 12,
      finished: 15,
      failed: 22,
      stuck: 1,
      outdated: 2,
      never_started: 3,
      unknown: 4,
      failed_runs: Array.from({ length: 20 }, (_, index) => `configs/exp/${index}.py`),
      more: 3,
    },
    {
      project: 'nerf',
      root: '/nfs/nerf',
      host: 'gpu2',
      total: 2,
      running: 1,
      finished: 0,
      failed: 1,
      stuck: 0,
      outdated: 0,
      never_started: 0,
      unknown: 0,
      failed_runs: ['configs/room.py'],
      more: 0,
    },
  ],
};

const FINISHED = {
  config: 'configs/exp/a.py',
  completed_epochs: 100,
  total_epochs: 100,
  early_stopped: false,
  host: 'gpu1',
  at: 1_795_527_120_000,
};

const FIVE = alertsAbout(5);
const TWELVE = alertsAbout(12);

/** Every template with data as they come in practice, by a name for the test's title. */
export const SAMPLES: Readonly<Record<string, Content>> = {
  'one alert': content('alert', group([alertView()])),
  'one alert without evidence': content('alert', group([HOST_DOWN])),
  'one alert, resolved': content('alert', group([over(alertView())]), { resolved: true }),
  'three alerts, one of them resolved': content(
    'alert',
    group([alertView(), HOST_DOWN, over(alertView({ run: 'b.py' }))]),
  ),
  'twelve alerts of one kind': content(
    'alert',
    group(TWELVE, [
      {
        rule: 'run-failed',
        state: 'firing',
        summary: 'CUDA out of memory',
        count: 12,
        runs: TWELVE.map((alert) => alert.run ?? ''),
      },
    ]),
  ),
  'many alerts of two kinds, some resolved': content(
    'alert',
    group(
      [...TWELVE, HOST_DOWN, over(alertView({ id: 'z' }))],
      [
        {
          rule: 'run-failed',
          state: 'firing',
          summary: 'CUDA out of memory',
          count: 12,
          runs: Array.from({ length: 12 }, (_, index) => `${index}.py`),
        },
        { rule: 'host-unreachable', state: 'firing', summary: 'it does not answer', count: 1, runs: ['gpu2'] },
        { rule: 'run-failed', state: 'resolved', summary: 'CUDA out of memory', count: 1, runs: ['c.py'] },
      ],
    ),
  ),
  'five alerts, all resolved': content('alert', group(FIVE.map((alert) => over(alert))), { resolved: true }),
  'one alert added': content('alert-added', { ...group([alertView()]), firing: 3, total: 3 }),
  'many alerts added': content('alert-added', { ...group([...TWELVE, HOST_DOWN]), firing: 20, total: 20 }),
  'one of one resolved': content('alert-resolved', group([over(alertView())])),
  'one of three resolved': content('alert-resolved', { ...group([over(alertView())]), firing: 2, total: 3 }),
  'many resolved': content('alert-resolved', group(TWELVE.map((alert) => over(alert)))),
  'run finished': content('run-finished', { project: 'pylon', runs: [FINISHED] }),
  'run stopped early': content('run-finished', {
    project: 'pylon',
    runs: [{ ...FINISHED, completed_epochs: 57, early_stopped: true }],
  }),
  'two runs finished': content('run-finished', {
    project: 'pylon',
    runs: [FINISHED, { ...FINISHED, config: 'configs/exp/b.py', completed_epochs: 57, early_stopped: true }],
  }),
  baseline: content('baseline', BASELINE),
  'baseline of one project': content('baseline', { projects: BASELINE.projects.slice(1) }),
  status: content('status', STATUS),
  'status without a bot, all quiet': content('status', {
    ...STATUS,
    bot: { running: false, since: null, observed_today_pct: null },
    alerts: { critical: 0, warning: 0, info: 0 },
    attention: [],
    hosts: [],
  }),
  runs: content('runs', RUNS),
  'no runs': content('runs', { ...RUNS, runs: [], total: 0, problems: [] }),
  'some runs of many': content('runs', { ...RUNS, runs: RUNS.runs.slice(0, 1), omitted: 30, total: 48, problems: [] }),
  'none of the runs': content('runs', { ...RUNS, runs: [], total: 48, problems: [] }),
  run: content('run', RUN),
  'a dead run': content('run', DEAD_RUN),
  'a run on a host that is away': content('run', UNREAD_RUN),
  probe: content('probe', PROBE),
  'probe of one host': content('probe', { ...PROBE, hosts: PROBE.hosts.slice(0, 1) }),
  events: content('events', EVENTS),
  'events of two projects, cut': content('events', {
    ...EVENTS,
    events: [...EVENTS.events, { ...EVENTS.events[0], at: '2026-11-25T00:00:00.000Z', project: 'nerf' }],
    omitted: 300,
  }),
  'no events': content('events', { ...EVENTS, events: [] }),
  help: content('help', {
    commands: [
      { name: 'status', description: 'all runs and hosts in short', usage: '' },
      { name: 'probe', description: 'looks at one host, or all, now', usage: '[HOST]' },
    ],
  }),
  error: content('error', { text: "There is no host 'gpu9'.", hint: 'Hosts: gpu1, gpu2' }),
  'error without a hint': content('error', { text: 'The host did not answer in time.', hint: null }),
  'no digest': content('no-digest', { date: '2024-01-15' }),
  recovered: content('recovered', { text: 'state.json ended early; the copy of 14:30 was used.' }),
};
