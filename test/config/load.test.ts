import assert from 'node:assert/strict';
import { mkdirSync, truncateSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describeProblem, loadConfig, projectOnlyConfig } from '../../src/config/load.ts';
import { DAY } from '../../src/domain/time.ts';
import { folderWith, good, lines, load, removeFolders } from './folder.ts';

describe('loadConfig', () => {
  afterEach(removeFolders);

  it('has a default for everything', () => {
    const cwd = folderWith({});
    const { config, notices } = good(loadConfig({ cwd, env: {}, hostname: 'box' }));
    assert.deepEqual(notices, []);
    assert.deepEqual(config, {
      file: null,
      timeZone: config.timeZone,
      dataDir: join(cwd, 'data'),
      summary: {
        enabled: true,
        summaryTime: '23:59',
        metricsIntervalMs: 300_000,
        retentionDays: 30,
        sections: ['experiment_statistics', 'resource_utilization', 'key_events', 'progress_overview'],
        directory: join(cwd, 'logs/summaries'),
      },
      hosts: [{ name: 'localhost', ssh: null, gpus: 'all', probeIntervalMs: 30_000 }],
      projects: [],
      receivers: [{ name: 'terminal', destination: { kind: 'console' }, hears: [[]] }],
      routes: [],
      rules: {
        'run-failed': { enabled: true, severity: 'critical', holdForMs: 0 },
        'run-stuck': { enabled: true, severity: 'critical', holdForMs: 300_000 },
        'host-unreachable': { enabled: true, severity: 'critical', holdForMs: 90_000 },
        'gpu-lost': { enabled: true, severity: 'critical', holdForMs: 0 },
      },
      thresholds: { nearCompletionPct: 90, longRunningDays: 7 },
      channels: {
        slack: { mode: 'socket', botToken: null, appToken: null, signingSecret: null, apiUrl: null },
        discord: { token: null, apiUrl: null },
        email: { from: 'pylon@box', smtpUrl: null },
      },
      redact: [],
      privacy: { users: true, commands: false },
      templatesDir: null,
      logLevel: 'info',
      secrets: [],
    });
    assert.doesNotThrow(() => new Intl.DateTimeFormat('en', { timeZone: config.timeZone }));
  });

  for (const text of [
    '',
    '# nothing\n',
    '---\n',
    '{}',
    'hosts:\nprojects:\nsummary:\n  notifications:\nreceivers: []\nrules: {run-stuck: }\n',
  ]) {
    it(`takes ${JSON.stringify(text)} for all defaults`, () => {
      const { config } = good(load(text));
      assert.deepEqual([config.hosts.length, config.projects, config.routes], [1, [], []]);
      assert.equal(config.rules['run-stuck'].holdForMs, 300_000);
    });
  }

  it('reads the file that PYLON_CONFIG names, and takes paths relative to it', () => {
    const cwd = folderWith({
      'pylon.yaml': 'nope: 1',
      'etc/mine.yaml': 'data_dir: ../state\ntemplates_dir: ~/t\nprojects: [{root: p}]',
    });
    const { config } = good(loadConfig({ cwd, env: { PYLON_CONFIG: 'etc/mine.yaml', HOME: '/home/alice' } }));
    assert.equal(config.file, join(cwd, 'etc/mine.yaml'));
    assert.equal(config.dataDir, join(cwd, 'state'));
    assert.equal(config.templatesDir, '/home/alice/t');
    assert.equal(config.projects[0]?.root, join(cwd, 'etc/p'));
    assert.equal(config.channels.email.from, `pylon@${hostname()}`);
  });

  it('names the file as the user would', () => {
    const cwd = folderWith({ 'etc/mine.yaml': 'nope: 1', 'here/': '' });
    const place = (from: string, file: string) =>
      lines(loadConfig({ cwd: from, env: { PYLON_CONFIG: file } }))[0]?.split(':')[0];
    assert.equal(place(cwd, 'etc/mine.yaml'), 'etc/mine.yaml');
    assert.equal(place(join(cwd, 'here'), '../etc/mine.yaml'), join(cwd, 'etc/mine.yaml'));
  });

  it('says why a file cannot be read', () => {
    const cwd = folderWith({ 'folder/': '', 'large.yaml': '' });
    truncateSync(join(cwd, 'large.yaml'), 2 * 1024 * 1024);
    const told = (file: string) => lines(loadConfig({ cwd, env: { PYLON_CONFIG: file } }));
    assert.deepEqual(told('none.yaml'), ['none.yaml: no such file']);
    assert.deepEqual(told('folder'), ['folder: is not a file']);
    assert.deepEqual(told('/dev/zero'), ['/dev/zero: is not a file']);
    assert.deepEqual(told('large.yaml'), ['large.yaml: has 2097152 bytes; at most 1048576 are read']);
    assert.deepEqual(told('large.yaml/x'), ['large.yaml/x: cannot be read (ENOTDIR)']);
  });

  it('takes the folder for a project where it looks like one', () => {
    const yes = [
      { 'configs/': '', 'logs/': '' },
      { 'configs/': '', 'main.py': '' },
    ];
    const no = [{ 'configs/': '' }, { 'logs/': '', 'main.py': '' }, { configs: '', 'logs/': '' }];
    const projects = (files: Readonly<Record<string, string>>) => {
      const cwd = folderWith(files);
      return good(loadConfig({ cwd, env: {} })).config.projects.map(({ root }) => root === cwd);
    };
    for (const files of yes) assert.deepEqual(projects(files), [true]);
    for (const files of yes) assert.deepEqual(projects({ ...files, 'pylon.yaml': 'projects: []' }), [true]);
    for (const files of no) assert.deepEqual(projects(files), []);
  });

  it('fills in variables, but not in keys', () => {
    const { config } = good(load(`data_dir: /d/\${NAME}/\${NAME}\nredact: ['a$', '\\$\\{x']`, { NAME: 'x y' }));
    assert.equal(config.dataDir, '/d/x y/x y');
    assert.deepEqual(config.redact, ['a$', '\\$\\{x']);
  });

  it('reads the plan’s own keys in seconds or as durations', () => {
    const { config } = good(
      load('summary: {metrics_interval: 60}\nprojects: [{name: a, sleep_time: 90}, {name: b, sleep_time: 2h}]'),
    );
    assert.equal(config.summary.metricsIntervalMs, 60_000);
    assert.deepEqual(
      config.projects.map(({ sleepTimeMs }) => sleepTimeMs),
      [90_000, 7_200_000],
    );
  });
});

describe('hosts and projects', () => {
  afterEach(removeFolders);

  it('names hosts', () => {
    const { config } = good(
      load("hosts: [{}, {ssh: 'alice@gpu1:22', gpus: [0, 2], probe_interval: 1m}, {ssh: '[::1]:2222', name: six}]"),
    );
    assert.deepEqual(config.hosts, [
      { name: 'localhost', ssh: null, gpus: 'all', probeIntervalMs: 30_000 },
      { name: 'alice@gpu1:22', ssh: 'alice@gpu1:22', gpus: [0, 2], probeIntervalMs: 60_000 },
      { name: 'six', ssh: '[::1]:2222', gpus: 'all', probeIntervalMs: 30_000 },
    ]);
  });

  it('has a default for everything of a project', () => {
    const { config } = good(load('hosts: [{name: gpu1, ssh: gpu1}]\nprojects: [{root: /nfs/my+project}]'));
    assert.deepEqual(config.projects, [
      {
        name: 'my-project',
        root: '/nfs/my+project',
        readFrom: 'localhost',
        runsOn: ['gpu1'],
        configs: ['configs/**/*.py'],
        formats: ['pylon', 'evaluator', 'nerfstudio'],
        epochs: null,
        sleepTimeMs: 180_000,
        outdated: { olderThanMs: 120 * DAY },
        expectedFiles: ['training_losses.pt', 'optimizer_buffer.json', 'validation_scores.json'],
        launcherLog: 'project/run_agent.log',
      },
    ]);
  });

  it('knows this machine by the name it has among the hosts', () => {
    const { config } = good(
      load(
        'hosts: [{name: ws1}, {name: g, ssh: g}]\nprojects: [{name: a, read_from: localhost, runs_on: [localhost, ws1]}, {name: b, read_from: g, root: /b}]',
      ),
    );
    assert.deepEqual(
      config.projects.map(({ readFrom, runsOn }) => [readFrom, runsOn]),
      [
        ['ws1', ['ws1']],
        ['g', ['ws1', 'g']],
      ],
    );
  });

  const outdated: readonly (readonly [string, unknown])[] = [
    ['outdated_days: null', null],
    ['outdated_days: 1.5', { olderThanMs: 1.5 * DAY }],
    ['outdated_date: 2026-03-29', { before: Date.UTC(2026, 2, 28, 23) }],
    ['outdated_date: 2026-07-01, outdated_days: null', { before: Date.UTC(2026, 5, 30, 22) }],
  ];
  for (const [text, expected] of outdated) {
    it(`reads ${text}`, () => {
      const { config } = good(load(`time_zone: Europe/Berlin\nprojects: [{name: p, ${text}}]`));
      assert.deepEqual(config.projects[0]?.outdated, expected);
    });
  }

  it('names a project after its folder, whatever that is called', () => {
    const names = ['/', '/a/...', '/a/-x|y', '/a/Дом 1'].map(
      (root) => good(load(`projects: [{root: '${root}'}]`)).config.projects[0]?.name,
    );
    assert.deepEqual(names, ['project', 'project', 'x-y', 'Дом 1']);
  });
});

describe('projectOnlyConfig', () => {
  afterEach(removeFolders);

  it('watches one folder on this machine, whatever pylon.yaml and .env say', () => {
    const cwd = folderWith({ 'pylon.yaml': 'nope: 1', '.env': 'LOG_LEVEL=nope' });
    mkdirSync(join(cwd, 'exp'));
    const { config } = good(projectOnlyConfig({ cwd, env: { LOG_LEVEL: 'warn' } }, 'exp'));
    assert.deepEqual([config.file, config.logLevel], [null, 'warn']);
    assert.deepEqual(
      config.hosts.map(({ name, ssh }) => [name, ssh]),
      [['localhost', null]],
    );
    assert.deepEqual(
      config.projects.map(({ name, root, readFrom }) => [name, root, readFrom]),
      [['exp', join(cwd, 'exp'), 'localhost']],
    );
    assert.deepEqual(
      config.receivers.map(({ name }) => name),
      ['terminal'],
    );
  });

  it('says when there is no such folder', () => {
    const result = projectOnlyConfig({ cwd: folderWith({ file: '' }), env: {} }, 'file');
    assert.ok(!result.ok);
    assert.deepEqual(result.problems.map(describeProblem), ['file: no such folder']);
  });
});
