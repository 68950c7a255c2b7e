import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_STATE } from '../../src/domain/state.ts';
import { DAY } from '../../src/domain/time.ts';
import { allText, type FakeSlack, startFakeSlack } from '../fakes/slack/index.ts';
import { eventually } from '../support/eventually.ts';
import { makeProject } from '../support/pylon-project.ts';
import { needSshd, type Sshd, startSshd } from '../support/sshd.ts';
import { useTempFolder } from '../support/temp.ts';
import { type BotProcess, startBot } from './bot.ts';

describe('hosts and digest', function () {
  this.timeout(90_000);
  let bot: BotProcess | null = null;
  let slack: FakeSlack;
  let sshd: Sshd | null = null;

  beforeEach(async () => {
    slack = await startFakeSlack();
  });
  afterEach(async () => {
    await bot?.stopped('SIGKILL');
    await sshd?.stop();
    await slack.stop();
    bot = null;
    sshd = null;
  });
  const folder = useTempFolder();

  function start(yaml: string, home: string = folder.path): BotProcess {
    writeFileSync(join(folder.path, 'pylon.yaml'), yaml);
    bot = startBot(folder.path, {
      HOME: home,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
    });
    return bot;
  }

  const titles = () => slack.messages().map(({ text }) => text);

  it('tells a lost host and its return in one message, and nothing of its runs', async function () {
    needSshd(this);
    sshd = await startSshd();
    const project = makeProject(join(folder.path, 'host'));
    project.addRun('exp/a', 10);
    project.log('exp/a', 0, 'INFO: Training [Epoch 1/10]\n');
    const trainer = await project.launch('exp/a');
    try {
      const running = start(
        `
hosts: [{name: here}, {name: gpu1, ssh: '${sshd.ssh}', probe_interval: 1s}]
projects: [{name: lab, root: ${project.root}, read_from: gpu1}]
receivers: [{name: lab, slack: '#gpu'}]
routes: [{receivers: [lab], group_wait: 0s}]
rules: {host-unreachable: {for: 1s}}
`,
        sshd.home,
      );
      await running.says('1 running');
      await slack.waitFor((messages) => messages.some(({ text }) => text.includes('Now watching')), 20_000);
      await sshd.halt();
      await slack.waitFor((messages) => messages.some(({ text }) => text.includes('Host unreachable: gpu1')), 20_000);
      running.type('status');
      await running.says('unreachable:');
      assert.equal(running.output().includes('Run failed'), false, 'its runs are frozen');
      await sshd.start();
      await eventually(
        'the message is resolved',
        () => slack.messages().some(({ text, edits }) => /Resolved/.test(text) && edits.length > 0),
        30_000,
      );
      await eventually('the thread says so', () =>
        slack.messages().some(({ threadTs, broadcast }) => threadTs !== null && broadcast),
      );
      assert.equal(slack.messages().length, 3, titles().join(' / '));
    } finally {
      await trainer.end();
    }
  });

  it('makes the digest that was missed while it was down, once: files and message', async () => {
    mkdirSync(join(folder.path, 'data', 'state'), { recursive: true });
    const lastSlot = Date.now() - 2 * DAY;
    const digests = { lastLabel: new Date(lastSlot).toISOString().slice(0, 10), lastSlot };
    writeFileSync(join(folder.path, 'data', 'state', 'state.json'), JSON.stringify({ ...EMPTY_STATE, digests }));
    const project = makeProject(folder.path);
    project.addRun('exp/a', 10);
    const yaml = `time_zone: UTC\nreceivers: [{name: lab, slack: '#gpu'}]\n`;
    const first = start(yaml);
    const [message] = await slack.waitFor((messages) => messages.some(({ text }) => text.includes('Daily Summary')));
    assert.ok(message);
    for (const heading of [
      'Experiment Statistics',
      'Resource Utilization',
      'Key Events',
      'Progress Overview',
      'Late',
    ]) {
      assert.ok(allText(message).includes(heading), heading);
    }
    assert.match(allText(message), /All Experiments\s*: 1 .*1 never started/, 'it waits for the first look');
    const { lastLabel } = JSON.parse(readFileSync(join(folder.path, 'data', 'state', 'state.json'), 'utf8')).digests;
    const file = (name: string) => join(folder.path, 'logs', 'summaries', `${lastLabel}_${name}`);
    assert.match(readFileSync(file('summary.md'), 'utf8'), new RegExp(`^# Daily Summary - ${lastLabel}`));
    assert.equal(JSON.parse(readFileSync(file('metrics.json'), 'utf8')).schema, 'pylon.metrics/1');
    await first.says('1 run');
    assert.equal(await first.stopped('SIGTERM'), 0);

    const second = start(yaml);
    await second.says('1 run');
    await second.stopped('SIGTERM');
    assert.equal(titles().filter((title) => title.includes('Daily Summary')).length, 1);
  });
});
