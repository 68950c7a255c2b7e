import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeSlack } from '../fakes/slack/index.ts';
import { eventually } from '../support/eventually.ts';
import { makeProject, OUT_OF_MEMORY, type PylonProject } from '../support/pylon-project.ts';
import { useTempFolder } from '../support/temp.ts';
import { type BotProcess, pylon, startBot } from './bot.ts';

describe('command line', function () {
  this.timeout(60_000);
  let bots: BotProcess[] = [];

  afterEach(async () => {
    for (const bot of bots) await bot.stopped('SIGKILL');
    bots = [];
  });
  const folder = useTempFolder();

  function start(env: Record<string, string> = {}): BotProcess {
    const bot = startBot(folder.path, env);
    bots.push(bot);
    return bot;
  }

  const json = async (args: string[]) => {
    const { status, out } = await pylon([...args, '--json'], folder.path);
    return { status, data: JSON.parse(out) };
  };

  describe('without a bot', () => {
    it('looks once and says that no bot runs', async () => {
      const { status, data } = await json(['status']);
      assert.equal(status, 0);
      assert.equal(data.schema, 'pylon.status/1');
      assert.deepEqual(data.bot, { running: false, since: null, observed_today_pct: null });
      assert.equal(data.hosts[0].name, 'localhost');
      assert.equal(data.hosts[0].reachable, true);
      assert.equal(typeof data.hosts[0].cpu_pct, 'number');
      assert.deepEqual(readdirSync(folder.path), [], 'nothing is written');
    });

    it('probes this machine', async () => {
      const { status, data } = await json(['probe', 'localhost']);
      const [host] = data.hosts;
      assert.equal(status, 0);
      assert.ok(host.cpu.cores > 0 && host.memory.total > 0 && host.disks.length > 0);
    });

    it('exits 3 when a host cannot be reached, with the rest whole', async () => {
      writeFileSync(
        join(folder.path, 'pylon.yaml'),
        `hosts: [{name: here}, {name: gone, ssh: 'nobody@127.0.0.1:1'}]\n`,
      );
      const { status, data } = await json(['probe']);
      assert.equal(status, 3);
      assert.deepEqual(
        data.hosts.map((host: { name: string; reachable: boolean }) => [host.name, host.reachable]),
        [
          ['here', true],
          ['gone', false],
        ],
      );
    });

    it('shows the runs of a project, whatever pylon.yaml says, and writes nothing there', async () => {
      writeFileSync(join(folder.path, 'pylon.yaml'), 'hots: []\n');
      const project = makeProject(join(folder.path, 'project'));
      project.addRun('exp/done', 1);
      project.completeEpoch('exp/done', 0);
      project.log('exp/done', 0, 'INFO: done\n');
      project.age('exp/done', 0, 3600);
      project.addRun('exp/dead', 10);
      project.log('exp/dead', 0, OUT_OF_MEMORY);
      project.age('exp/dead', 0, 86_400);
      project.addRun('exp/waiting', 10);
      const { status, data } = await json(['runs', '--project', 'project']);
      assert.equal(status, 0);
      assert.deepEqual(
        data.runs.map((run: { config: string; status: string; reason: string }) => [
          run.config,
          run.status,
          run.reason,
        ]),
        [
          ['configs/exp/dead.py', 'failed', 'stopped-writing'],
          ['configs/exp/done.py', 'finished', 'complete'],
          ['configs/exp/waiting.py', 'failed', 'never-started'],
        ],
      );
      assert.deepEqual(readdirSync(project.root).sort(), ['configs', 'logs', 'main.py']);
    });

    it('filters runs by options and words, and shows one in full', async () => {
      const project = makeProject(folder.path);
      project.addRun('exp/dead', 10);
      project.log('exp/dead', 0, OUT_OF_MEMORY);
      project.age('exp/dead', 0, 86_400);
      project.addRun('exp/waiting', 10);
      const configs = async (args: string[]) =>
        (await json(['runs', ...args])).data.runs.map(({ config }: { config: string }) => config);
      assert.deepEqual(await configs(['--status', 'failed']), ['configs/exp/dead.py']);
      assert.deepEqual(await configs(['exp/*', '--sort', '-name', '--limit', '1']), ['configs/exp/waiting.py']);
      const { status, data } = await json(['run', 'dead']);
      assert.equal(status, 0);
      assert.deepEqual([data.schema, data.config], ['pylon.run/1', 'configs/exp/dead.py']);
      assert.match(data.verdict.summary, /CUDA out of memory/);
      assert.match(data.last_lines.at(-1), /CUDA out of memory/);
      const { out } = await pylon(['run', 'dead'], folder.path);
      assert.match(out, /^configs\/exp\/dead\.py: failed/);
      for (const args of [['runs', '--status', 'faild'], ['run', 'deed'], ['run'], ['runs', '--limit', 'x']]) {
        const wrong = await pylon(args, folder.path);
        assert.deepEqual([wrong.status, wrong.out], [2, ''], args.join(' '));
      }
    });

    it('gives the digest as Markdown', async () => {
      const { status, out } = await pylon(['summary', '--format', 'md'], folder.path);
      assert.equal(status, 0);
      assert.match(out, /^# Daily Summary - \d{4}-\d\d-\d\d\n/);
      for (const heading of ['Experiment Statistics', 'Resource Utilization', 'Key Events', 'Progress Overview']) {
        assert.ok(out.includes(`## ${heading}`), heading);
      }
    });
  });

  describe('what is wrong', () => {
    it('names file, line, key and the nearest key, and exits 2', async () => {
      writeFileSync(join(folder.path, 'pylon.yaml'), 'version: 1\nhots:\n  - {name: a}\n');
      for (const command of ['start', 'status', 'config']) {
        const { status, err, out } = await pylon([command], folder.path);
        assert.equal(status, 2);
        assert.match(err, /^pylon\.yaml:2: hots: unknown key; did you mean "hosts"\?/);
        assert.equal(out, '');
      }
    });

    it('exits 2 for words that make no sense', async () => {
      assert.equal((await pylon(['frobnicate'], folder.path)).status, 2);
      assert.equal((await pylon(['summary', '--date', 'yesterday'], folder.path)).status, 2);
      assert.equal((await pylon(['--help'], folder.path)).status, 0);
    });

    it('tells at the start what does not exist yet', async () => {
      writeFileSync(join(folder.path, 'pylon.yaml'), 'heartbeat: {url: "https://example.org/x"}\n');
      const bot = start();
      await bot.says('No runs are watched');
      assert.match(bot.errors(), /pylon\.yaml:1: heartbeat\.url: not yet supported/);
    });

    it('never shows a secret', async () => {
      const url = 'https://hooks.slack.com/services/T0CANARY/B0CANARY/canarysecret';
      writeFileSync(
        join(folder.path, 'pylon.yaml'),
        `summary: {notifications: {slack: {enabled: true, webhook_url: '${url}'}}}\n`,
      );
      const { status, out, err } = await pylon(['config'], folder.path, { SLACK_BOT_TOKEN: 'xoxb-canary-token-1' });
      assert.equal(status, 0);
      assert.match(out, /webhook_url/);
      assert.ok(!`${out}${err}`.includes('canarysecret') && !`${out}${err}`.includes('canary-token'));
    });
  });

  describe('with a bot', () => {
    it('is answered by it, and a second bot on the same folder exits 2 and says why', async () => {
      const bot = start();
      await bot.says('No runs are watched');
      const { data } = await json(['status']);
      assert.equal(data.bot.running, true);
      const second = start();
      assert.equal(await second.stopped(), 2);
      assert.match(second.errors(), new RegExp(`another bot \\(process ${bot.child.pid}\\) already works on`));
      assert.equal(await bot.stopped('SIGTERM'), 0);
      assert.equal((await json(['status'])).data.bot.running, false);
    });

    it('answers what is typed into its terminal', async () => {
      const bot = start();
      await bot.says('No runs are watched');
      for (const [typed, said] of [
        ['/pylon status', 'Nothing needs attention'],
        ['summary', 'Daily Summary'],
        ['help', 'What you can ask'],
        ['nonsense', 'There is no command'],
      ] as const) {
        bot.type(typed);
        await bot.says(said);
      }
    });

    it('tells a project with 3,000 dead runs in one message', async () => {
      const slack = await startFakeSlack();
      try {
        const project = makeProject(folder.path);
        for (let i = 0; i < 3000; i += 1) {
          project.addRun(`sweep/run_${i}`, 10);
          project.log(`sweep/run_${i}`, 0, OUT_OF_MEMORY);
          project.age(`sweep/run_${i}`, 0, 86_400);
        }
        writeFileSync(
          join(folder.path, 'pylon.yaml'),
          `receivers: [{name: lab, slack: '${slack.webhookUrl}'}]\nroutes: [{receivers: [lab], group_wait: 0s}]\nhosts: [{name: here, probe_interval: 1s}]\n`,
        );
        const bot = start();
        await slack.waitFor((messages) => messages.length > 0, 30_000);
        await bot.says('3000 failed', 30_000);
        const lookedAt = async (): Promise<number> => {
          const { data } = await json(['status']);
          return Date.parse(data.at) - data.hosts[0].age_s * 1_000;
        };
        const first = await lookedAt();
        // The age is in whole seconds.
        await eventually('the project was looked at again', async () => (await lookedAt()) > first + 2_000);
        assert.equal(slack.messages().length, 1);
        assert.match(JSON.stringify(slack.messages()[0]), /3000 failed/);
        const { data } = await json(['runs']);
        assert.equal(data.runs.length, 3000);
      } finally {
        await slack.stop();
      }
    });

    it('goes on when the terminal it prints to is gone', async () => {
      const bot = start();
      await bot.says('No runs are watched');
      bot.child.stdout?.destroy();
      bot.child.stderr?.destroy();
      for (let i = 0; i < 3; i += 1) bot.type('status');
      const { data } = await json(['status']);
      assert.equal(data.bot.running, true);
      assert.equal(await bot.stopped('SIGTERM'), 0);
    });

    it('takes a good edit of the configuration, and keeps the old one over a bad edit', async () => {
      const file = join(folder.path, 'pylon.yaml');
      writeFileSync(file, 'hosts: [{name: first}]\n');
      const bot = start();
      await bot.says('first');
      writeFileSync(file, 'hosts: [{nam: first}]\n');
      await eventually('the bad edit is told', () => bot.errors().includes('did you mean "name"?'));
      bot.type('status');
      await eventually('the bot goes on as before', () => bot.output().split('• first').length > 2);
      writeFileSync(file, 'hosts: [{name: second}]\n');
      await bot.says('second');
      assert.equal((await json(['status'])).data.hosts[0].name, 'second');
      assert.equal(await bot.stopped('SIGTERM'), 0);
    });

    it('says that a damaged state was set aside, and goes on', async () => {
      mkdirSync(join(folder.path, 'data', 'state'), { recursive: true });
      writeFileSync(join(folder.path, 'data', 'state', 'state.json'), '{"schema":"pylon.st');
      const bot = start();
      await bot.says('The state file was damaged');
      assert.ok(readdirSync(join(folder.path, 'data', 'state')).some((name) => name.includes('damaged')));
    });

    const places: [string, (project: PylonProject) => void][] = [
      ['its log', (project) => project.log('exp/a', 0, OUT_OF_MEMORY)],
      ['error.log', (project) => project.errorLog('exp/a', OUT_OF_MEMORY)],
    ];
    for (const [place, write] of places) {
      it(`tells a death on its own disk within moments of the line in ${place}`, async () => {
        const project = makeProject(folder.path);
        project.addRun('exp/a', 10);
        project.log('exp/a', 0, 'INFO: Training [Epoch 1/10]\n');
        const trainer = await project.launch('exp/a');
        const bot = start();
        try {
          await bot.says('Now watching');
          await bot.says('1 running');
          const died = Date.now();
          write(project);
          await trainer.end();
          await bot.says('CUDA out of memory on GPU 1');
          console.log(`        line in ${place} to terminal: ${Date.now() - died} ms`);
          const logs = join(folder.path, 'data', 'logs');
          const lines = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
          assert.ok(lines.join('').includes('"kind":"run-failed"'), 'the log has the event');
          assert.ok(existsSync(join(folder.path, 'data', 'history')));
        } finally {
          await trainer.end();
        }
      });
    }
  });
});
