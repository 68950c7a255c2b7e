import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { AlertGroupView } from '../../src/domain/views.ts';
import { NO_RUNS } from '../support/make.ts';
import { realRenderer } from './helpers.ts';
import {
  alertsAbout,
  alertView,
  content,
  EVENTS,
  group,
  over,
  PROBE,
  RUN,
  RUNS,
  runView,
  SAMPLES,
  STATUS,
} from './samples.ts';

const EVIDENCE = [
  '```',
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.',
  'after 57 of 100 epochs',
  'log: /nfs/pylon/logs/exp/a/train_3.log',
  '```',
];

const renderer = realRenderer();

/** Title and lines of the whole message; evidence and blank lines left out. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'one alert': [
    '# Run failed: configs/exp/a.py',
    'CUDA out of memory on GPU 0, 20.00 MiB requested',
    'pylon · gpu1 · 2026-11-24 14:32',
    '---',
    '```',
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.',
    'after 57 of 100 epochs',
    'log: /nfs/pylon/logs/exp/a/train_3.log',
    '```',
  ],
  'one alert without evidence': ['# Host unreachable: gpu2', 'it does not answer', '2026-11-24 14:32', '---'],
  'one alert added': [
    '**Run failed: configs/exp/a.py**',
    'CUDA out of memory on GPU 0, 20.00 MiB requested · 3 alerts in all',
    '---',
    ...EVIDENCE,
  ],
  'many alerts added': [
    '**New: 12 runs failed**: configs/exp/0.py, configs/exp/1.py, configs/exp/2.py, configs/exp/3.py, configs/exp/4.py and 7 more',
    '**New: 1 host unreachable**: gpu2',
    '20 alerts in all',
    '---',
    ...[0, 1, 2].flatMap((index) => [
      `**configs/exp/${index}.py**: CUDA out of memory on GPU 0, 20.00 MiB requested`,
      ...EVIDENCE,
    ]),
    'And 10 more',
  ],
  'one of one resolved': ['**Resolved: configs/exp/a.py** (run failed) · running again, after 2 h 5 min'],
  'one of three resolved': [
    '**Resolved: configs/exp/a.py** (run failed) · running again, after 2 h 5 min',
    'Still firing: 2 of 3',
  ],
  'many resolved': [
    '**Resolved: 12 alerts**: configs/exp/0.py, configs/exp/1.py, configs/exp/2.py, configs/exp/3.py, configs/exp/4.py and 7 more',
    'All 12 are resolved',
  ],
  'run finished': ['# Run finished: configs/exp/a.py', '100 of 100 epochs', 'pylon · gpu1 · 2026-11-24 14:32'],
  'two runs finished': [
    '# 2 runs of pylon finished',
    '- configs/exp/a.py: 100 of 100 epochs · 14:32',
    '- configs/exp/b.py: 57 of 100 epochs, stopped early · 14:32',
  ],
  'run stopped early': ['# Run stopped early: configs/exp/a.py', '57 of 100 epochs', 'pylon · gpu1 · 2026-11-24 14:32'],
  'baseline of one project': [
    '# Now watching nerf: 2 runs',
    '- **nerf** (`/nfs/nerf` on gpu2): 1 running, 0 finished, 1 failed, 0 stuck',
    '  - Failed or stuck: configs/room.py',
    'You will hear of what changes from now on; what is listed here is not told again.',
  ],
  status: [
    '# 12 running, 3 failed, 1 stuck of 48 runs',
    '**Needs attention**',
    '- Run failed: configs/exp/a.py, CUDA out of memory',
    '- Host unreachable: gpu2',
    '**Runs:** 15 finished, 2 outdated, 15 never started · 73.6% complete',
    '**Hosts**',
    '- **gpu1**: CPU 45.2% · 8 GPUs, 1 free, 1 idle but held',
    '- **gpu2**: unreachable: no answer within 10 s · last seen 5 min 10 s ago',
    '- **gpu3**: not probed yet',
    '- **head**: CPU ? · no GPU',
    '**Alerts:** 2 critical, 1 warning, 0 info',
    'Watching since 2026-11-20 09:00 · 99.3% of today observed',
  ],
  'status without a bot, all quiet': [
    '# 12 running, 3 failed, 1 stuck of 48 runs',
    'Nothing needs attention.',
    '**Runs:** 15 finished, 2 outdated, 15 never started · 73.6% complete',
    '**Alerts:** none',
    'No bot is running; this is one look at 2026-11-24 14:32.',
  ],
  runs: [
    '# 5 runs of pylon, on gpu1',
    '| Run              | Status        |   Progress | ETA or reason     |  Seen |',
    '| ---------------- | ------------- | ---------: | ----------------- | ----: |',
    '| configs/exp/a.py | running       | 57/100 57% | in 12 h 38 min    | 2 min |',
    '| configs/exp/b.py | never started | 57/100 57% |                   | 2 min |',
    '| configs/exp/c.py | finished      | 57/100 57% | stopped early     | 2 min |',
    '| configs/exp/d.py | running       | 57/100 57% | host unreachable  | 2 min |',
    '| configs/exp/e.py | failed        |        3/? | permission denied | 2 min |',
    '**Could not be read**',
    '- pylon: configs/exp/e.py could not be read: permission denied',
  ],
  'no runs': ['# No runs'],
  'some runs of many': [
    '# 31 of 48 runs',
    '| Run              | Status  |   Progress | ETA or reason  |  Seen | Host |',
    '| ---------------- | ------- | ---------: | -------------- | ----: | ---- |',
    '| configs/exp/a.py | running | 57/100 57% | in 12 h 38 min | 2 min | gpu1 |',
    'and 30 more',
  ],
  'none of the runs': ['# None of 48 runs'],
  run: [
    '# configs/exp/a.py: running, 57 of 100 epochs (57%)',
    '- **ETA:** in 12 h 38 min (2026-11-25 03:10), probably between 11 h 28 min and 14 h 28 min',
    '- **Pace:** 17 min for one epoch, 84.3 a day',
    '- **Last sign of life:** 2 min ago; stuck after 25 min',
    '- **Process:** 4711 of alice on gpu1, for 5 h',
    '- **GPU 3** (NVIDIA H100 80GB HBM3): 97% in use, 60 GiB of its memory for this run',
    'pylon · pylon format · gpu1 · alice · started 2 times · `logs/exp/a`',
    '---',
    '**Command line**',
    '```',
    'python main.py --config-filepath configs/exp/a.py',
    '```',
    '**The end of its log**: `/nfs/pylon/logs/exp/a/train_1.log`',
    '```',
    'INFO: Training [Epoch 57/100]',
    'INFO: loss 0.12',
    '```',
  ],
  'a dead run': [
    '# configs/exp/a.py: failed, 57 of 100 epochs (57%)',
    '- **Why:** CUDA out of memory on GPU 0',
    '- **Pace:** 17 min for one epoch, 84.3 a day',
    '- **Last sign of life:** 2 min ago',
    'pylon · pylon format · gpu1 · alice · started 2 times · `logs/exp/a`',
    '---',
    '**Evidence**',
    '```',
    'torch.OutOfMemoryError: CUDA out of memory.',
    '```',
    '**Its log**: `/nfs/pylon/logs/exp/a/train_1.log`',
  ],
  'a run on a host that is away': [
    '# configs/exp/a.py: running, 57 of 100 steps (57%)',
    'Its host cannot be read; this is what was known last.',
    '- **Could not be read whole:** config.yml: permission denied',
    'pylon · nerfstudio format · gpu1 · `logs/exp/a`',
    '---',
  ],
  events: [
    '# 2 events since 2026-11-23 14:32',
    '**2026-11-24**',
    '- 14:12 · configs/exp/a.py failed: CUDA out of memory',
    '- 14:30 · gpu2 cannot be reached',
  ],
  'events of two projects, cut': [
    '# 303 events since 2026-11-23 14:32',
    'The newest 3 of them:',
    '**2026-11-24**',
    '- 14:12 · pylon: configs/exp/a.py failed: CUDA out of memory',
    '- 14:30 · gpu2 cannot be reached',
    '**2026-11-25**',
    '- 01:00 · nerf: configs/exp/a.py failed: CUDA out of memory',
  ],
  'no events': ['# No events since 2026-11-23 14:32'],
  probe: [
    '# Probe of 2 hosts, 1 unreachable',
    '## gpu1',
    'CPU 45.2% of 64 cores, load 12.3 · memory 120 GiB free of 512 GiB',
    'Its clock is 3 s ahead.',
    '**2 × NVIDIA H100 80GB HBM3**',
    '| GPU |  Use |    Memory |  Temp |     Power |  MHz | Notes                               |',
    '| --: | ---: | --------: | ----: | --------: | ---: | ----------------------------------- |',
    '|   0 |  97% | 60/80 GiB | 61 °C | 512/700 W | 1755 | ECC: 2 uncorrected, throttled: heat |',
    '|   1 | lost |         ? |     ? |         ? |    ? | Xid 79                              |',
    '| GPU |  PID | User  | Age | Memory | Run or command   |',
    '| --: | ---: | ----- | --: | -----: | ---------------- |',
    '|   0 | 4711 | alice | 5 h | 60 GiB | configs/exp/a.py |',
    '|     |   99 | ?     |     |        | python x.py      |',
    '- **/nfs** is 90% full: 1 TiB free of 10 TiB',
    '- **Out of memory**: 2 processes killed since the host was started',
    '- Kernel, 2026-11-24 14:00: NVRM: Xid (PCI:0000:5e:00): 79, GPU has fallen off the bus.',
    '**Could not be read**',
    '- disks: df timed out',
    '## gpu2: unreachable',
    'no answer within 10 s',
  ],
  help: [
    '# What you can ask',
    '- `status`: all runs and hosts in short',
    '- `probe [HOST]`: looks at one host, or all, now',
  ],
  error: ["There is no host 'gpu9'.", 'Hosts: gpu1, gpu2'],
  'error without a hint': ['The host did not answer in time.'],
  'no digest': ['No digest is kept for 2024-01-15.'],
  recovered: ['# The state file was damaged', 'state.json ended early; the copy of 14:30 was used.'],
};

function lines(markdown: string): string[] {
  return markdown.split('\n').filter((line) => line !== '');
}

function body(sample: string): string[] {
  const all = lines(renderer.markdown(SAMPLES[sample]!));
  const fold = all.indexOf('---');
  return fold < 0 ? all : all.slice(0, fold);
}

function alertBody(view: AlertGroupView): string {
  return lines(renderer.markdown(content('alert', view)))
    .join('\n')
    .split('\n---')[0]!;
}

describe('wording', () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    it(name, () => assert.deepEqual(lines(renderer.markdown(SAMPLES[name]!)), expected));
  }

  it('is tried for every template but the digest, which has tests of its own', () => {
    const files = readdirSync(path.resolve(import.meta.dirname, '../../templates')).filter((file) =>
      file.endsWith('.md'),
    );
    const names = files.map((file) => path.parse(file).name).filter((name) => name !== 'digest');
    const tried = new Set(Object.values(SAMPLES).map((sample) => sample.template));
    assert.deepEqual(names.sort(), [...tried].sort());
  });
});

describe('alert', () => {
  it('that is over says what is, and for how long it was not', () => {
    assert.deepEqual(body('one alert, resolved'), [
      '# Resolved: configs/exp/a.py (run failed)',
      'running again, after 2 h 5 min',
      'Was: CUDA out of memory on GPU 0, 20.00 MiB requested',
      'pylon · gpu1 · 2026-11-24 14:32 to 2026-11-24 16:37',
    ]);
  });

  it('of a few counts them by kind and lists them', () => {
    assert.deepEqual(body('three alerts, one of them resolved'), [
      '# 1 run failed, 1 host unreachable',
      '- **configs/exp/a.py**: CUDA out of memory on GPU 0, 20.00 MiB requested',
      '- **gpu2**: it does not answer',
      '- Resolved: **b.py**: CUDA out of memory on GPU 0, 20.00 MiB requested',
      'Resolved so far: 1 of 3',
    ]);
  });

  it('of many for one reason says the reason in the title and the first names below', () => {
    assert.deepEqual(body('twelve alerts of one kind'), [
      '# 12 runs failed: CUDA out of memory',
      'configs/exp/0.py, configs/exp/1.py, configs/exp/2.py, configs/exp/3.py, configs/exp/4.py and 7 more',
    ]);
  });

  it('of many for several reasons has a line for each', () => {
    assert.deepEqual(body('many alerts of two kinds, some resolved'), [
      '# 12 runs failed, 1 host unreachable',
      '- **12 runs failed**: CUDA out of memory',
      '  - 0.py, 1.py, 2.py, 3.py, 4.py and 7 more',
      '- **1 host unreachable**: it does not answer',
      '  - gpu2',
      '- Resolved: **1 run failed**: CUDA out of memory',
      '  - c.py',
      'Resolved so far: 1 of 14',
    ]);
  });

  it('of many that are all over says so', () => {
    assert.equal(body('five alerts, all resolved')[0], '# Resolved: 5 runs failed');
  });

  it('names every run of a large group in the details, and shows the evidence of three', () => {
    const markdown = renderer.markdown(SAMPLES['twelve alerts of one kind']!);
    const details = markdown.slice(markdown.indexOf('---'));
    assert.ok(details.includes('configs/exp/11.py'));
    assert.equal(details.split('```').length - 1, 6);
    assert.ok(details.includes('And 9 more'));
  });

  it('about GPUs of one host tells them apart', () => {
    const lost = (gpu: string) =>
      alertView({ id: gpu, rule: 'gpu-lost', project: null, run: null, gpu, summary: 'gone' });
    const two = [lost('1'), lost('3')];
    const ended = two.map((alert) => over(alert, 'answers again'));
    const added = renderer.markdown(content('alert-added', group(two)));
    assert.ok(added.startsWith('**New: 2 GPUs lost**: gpu1 GPU 1, gpu1 GPU 3'), added);
    assert.match(added, /^\*\*gpu1 GPU 3\*\*: gone$/m);
    assert.match(renderer.markdown(content('alert-added', group([lost('1')]))), /^\*\*GPU lost: gpu1 GPU 1\*\*$/m);
    const resolved = (alerts: typeof two) => renderer.markdown(content('alert-resolved', group(alerts)));
    assert.match(resolved(ended), /^\*\*Resolved: 2 alerts\*\*: gpu1 GPU 1, gpu1 GPU 3$/m);
    assert.match(resolved(ended.slice(1)), /^\*\*Resolved: gpu1 GPU 3\*\* \(GPU lost\) · answers again/m);
    assert.match(alertBody(group(two)), /^- \*\*gpu1 GPU 3\*\*: gone$/m);
    assert.ok(alertBody(group([lost('1')])).startsWith('# GPU lost: gpu1 GPU 1\n'));
  });

  it('about neither run nor host is named by its rule', () => {
    const fleet = alertView({ rule: 'bottleneck', project: null, host: null, run: null, summary: 'all GPUs are busy' });
    assert.ok(alertBody(group([fleet])).startsWith('# Bottleneck\nall GPUs are busy'));
    assert.ok(alertBody(group([over(fleet)])).startsWith('# Resolved: bottleneck\n'));
    assert.ok(alertBody(group([fleet, alertView()])).includes('- **bottleneck**: all GPUs are busy'));
    assert.equal(renderer.render(content('alert-added', group([fleet]))).title, 'Bottleneck');
    assert.match(renderer.render(content('alert-resolved', group([over(fleet)]))).title, /^Resolved: bottleneck · /);
  });
});

describe('long lists', () => {
  it('of events have short lines, in lists that a block of a chat takes', () => {
    const event = { kind: 'launcher-error', at: EVENTS.at, project: 'pylon', text: 'x'.repeat(500) };
    const markdown = renderer.markdown(content('events', { ...EVENTS, events: Array(100).fill(event) }));
    const lists = markdown.split(/^\*\*2026-11-24\*\*$/m).slice(1);
    assert.equal(markdown.match(/^- 14:32 · x+…$/gm)?.length, 100);
    assert.ok(Math.max(...lists.map((list) => list.length)) < 3_000);
    assert.ok(markdown.length < 12_500);
  });

  it('of runs end after 2,000, whatever was asked for', () => {
    const runs = Array.from({ length: 2_010 }, (_, index) => runView({ config: `${index}.py` }));
    const text = renderer.markdown(content('runs', { ...RUNS, runs, total: 2_015, omitted: 5 }));
    assert.ok(text.includes('| 1999.py'));
    assert.ok(!text.includes('| 2000.py'));
    assert.ok(text.includes('\n\nand 15 more\n'));
  }).timeout(20_000);

  it('of GPUs name what is wrong with each, and the models where they differ', () => {
    const [host] = PROBE.hosts;
    const [gpu] = host?.gpus ?? [];
    assert.ok(host !== undefined && gpu !== undefined);
    const gpus = [
      { ...gpu, notes: ['throttled: hardware'] },
      { ...gpu, notes: ['Xid 31, 79', 'MIG: 1 instance'], name: 'NVIDIA A40' },
      { ...gpu, notes: [], state: 'hung', memory: { total: 2 ** 34, used: 2 ** 29 }, power_limit_w: null },
    ];
    const text = renderer.markdown(content('probe', { ...PROBE, hosts: [{ ...host, gpus }] }));
    const rows = text.split('\n').filter((line) => /^\| +\d.*W \|/.test(line));
    assert.deepEqual(
      rows.map((row) =>
        row
          .split('|')
          .slice(-3, -1)
          .map((cell) => cell.trim()),
      ),
      [
        ['H100 80GB HBM3', 'throttled: hardware'],
        ['A40', 'Xid 31, 79, MIG: 1 instance'],
        ['H100 80GB HBM3', ''],
      ],
    );
    assert.match(rows[2] ?? '', /hung \| 512 MiB\/16 GiB \| 61 °C \| +512 W /);
  });

  it('of disks are those that are nearly full of bytes or of files', () => {
    const [host] = PROBE.hosts;
    const disks = [
      { mount: '/a', total: 100, free: 20, inodes: null },
      { mount: '/b', total: 100, free: 19, inodes: { total: 10, free: 9 } },
      { mount: '/c', total: 100, free: 99, inodes: { total: 1000, free: 45 } },
      { mount: '/d', total: 0, free: 0, inodes: { total: 0, free: 0 } },
    ];
    const oom_kills = { host: 0, cgroup: 1 };
    const text = renderer.markdown(content('probe', { ...PROBE, hosts: [{ ...host, disks, oom_kills }] }));
    assert.deepEqual(
      text.split('\n').filter((line) => line.startsWith('- **')),
      [
        '- **/b** is 81% full: 19 B free of 100 B',
        '- **/c** has 95% of its inodes in use: 45 free of 1000',
        '- **Out of memory**: 1 process killed at the memory limit of its cgroup',
      ],
    );
  });

  it('of log lines are cut to what a chat takes, and stay code whatever they hold', () => {
    const last_lines = ['```', '# not a heading', 'x'.repeat(300)];
    const { details } = renderer.render(content('run', { ...RUN, last_lines }));
    const code = details.at(-1);
    assert.ok(code?.type === 'code');
    assert.equal(code.value, `\`\`\`\n# not a heading\n${'x'.repeat(139)}…`);
  });

  it('of runs of several projects name the project', () => {
    const runs = [runView(), runView({ project: 'nerf' })];
    assert.ok(renderer.markdown(content('runs', { ...RUNS, runs })).includes('| nerf: configs/exp/a.py'));
  });

  it('of runs on several hosts name the host', () => {
    const runs = [runView(), runView({ config: 'configs/exp/b.py', host: 'gpu2' })];
    const text = renderer.markdown(content('runs', { ...RUNS, runs, omitted: 0 }));
    assert.match(text, /Seen \| Host \|\n/);
    assert.match(text, /b\.py .* gpu2 \|\n/);
  });

  it('of problems, hosts and cares end as well', () => {
    const problems = Array.from({ length: 12 }, (_, index) => `p${index}`);
    assert.ok(renderer.markdown(content('runs', { ...RUNS, problems })).endsWith('- p9\n- and 2 more\n'));
    const attention = problems.map((text) => ({ text, ref: text }));
    const hosts = Array.from({ length: 25 }, () => STATUS.hosts[0]!);
    const text = renderer.markdown(content('status', { ...STATUS, attention, hosts }));
    assert.ok(text.includes('- p9\n- and 2 more\n'));
    assert.ok(text.includes('1 idle but held\n- and 5 more\n'));
  });

  it('of failed runs at first sight go to the details', () => {
    const markdown = renderer.markdown(SAMPLES.baseline!);
    assert.ok(markdown.includes('configs/exp/4.py and 18 more\n'));
    assert.ok(markdown.endsWith('- configs/exp/19.py\n- and 3 more\n'));
  });

  it('of names in the details of an alert end after 50', () => {
    const alerts = alertsAbout(60);
    const runs = alerts.map((alert) => alert.run ?? '');
    const view = group(alerts, [{ rule: 'run-failed', state: 'firing', summary: 's', count: 60, runs }]);
    assert.ok(renderer.markdown(content('alert', view)).includes('configs/exp/49.py and 10 more\n'));
  });
});

describe('status without runs', () => {
  it('says so, and how there could be some', () => {
    const runs = { ...NO_RUNS, completion_pct: null };
    const text = renderer.markdown(content('status', { ...STATUS, runs }));
    assert.match(text, /^# No runs are watched\n/);
    assert.match(text, /those that `pylon.yaml` names/);
    assert.ok(!text.includes('**Runs:**'));
  });
});
