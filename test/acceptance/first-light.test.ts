import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { State } from '../../src/domain/state.ts';
import { type FakeDiscord, startFakeDiscord } from '../fakes/discord/index.ts';
import { shownText } from '../fakes/discord/reading.ts';
import { allText, type FakeSlack, startFakeSlack } from '../fakes/slack/index.ts';
import { type FakeSmtp, startFakeSmtp } from '../fakes/smtp/index.ts';
import { eventually } from '../support/eventually.ts';
import { makeProject, OUT_OF_MEMORY, type PylonProject, type Trainer } from '../support/pylon-project.ts';
import { needSshd, type Sshd, startSshd } from '../support/sshd.ts';
import { useTempFolder } from '../support/temp.ts';
import { type BotProcess, startBot } from './bot.ts';

const RUN = 'exp/lidar';

describe('a run dies on a host', function () {
  this.timeout(90_000);
  let sshd: Sshd;
  let slack: FakeSlack;
  let discord: FakeDiscord;
  let smtp: FakeSmtp;
  let project: PylonProject;
  let bots: BotProcess[] = [];
  let trainers: Trainer[] = [];

  afterEach(async () => {
    for (const bot of bots) await bot.stopped('SIGKILL');
    for (const trainer of trainers) await trainer.end();
    bots = [];
    trainers = [];
    await Promise.all([sshd.stop(), slack.stop(), discord.stop(), smtp.stop()]);
  });

  // Behind the hook above, so that the bots are gone before their folder is.
  const folder = useTempFolder();

  before(function () {
    needSshd(this);
  });

  beforeEach(async () => {
    [sshd, slack, discord, smtp] = await Promise.all([
      startSshd(),
      startFakeSlack(),
      startFakeDiscord(),
      startFakeSmtp(),
    ]);
    project = makeProject(join(folder.path, 'host', 'pylon'));
    mkdirSync(join(folder.path, 'bot'));
    writeFileSync(
      join(folder.path, 'bot', 'pylon.yaml'),
      `
hosts:
  - {name: gpu1, ssh: '${sshd.ssh}', probe_interval: 2s}
projects:
  - {name: lab, root: ${project.root}, read_from: gpu1}
summary:
  notifications:
    discord: {enabled: true, webhook_url: '\${WEBHOOK}'}
channels:
  email: {from: pylon@lab.example}
receivers:
  - {name: lab, slack: '#gpu'}
  - {name: pi, email: [pi@lab.example]}
routes:
  - {match: ['kind=alert'], receivers: [lab, pi], group_wait: 0s, group_interval: 1s}
  - {receivers: [lab], group_wait: 0s}
`,
    );
  });

  function start(): BotProcess {
    const bot = startBot(join(folder.path, 'bot'), {
      HOME: sshd.home,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
      DISCORD_API_URL: discord.apiUrl,
      WEBHOOK: discord.webhookUrl,
      SMTP_URL: smtp.url,
    });
    bots.push(bot);
    return bot;
  }

  /** As the state on disk has it, which is what counts when the bot is killed. */
  function allTold(): boolean {
    const state = JSON.parse(readFileSync(join(folder.path, 'bot', 'data', 'state', 'state.json'), 'utf8')) as State;
    return Object.values(state.deliveries).every(
      (row) => row.deliveredVersion === row.desiredVersion && !row.detailsOwed,
    );
  }

  async function train(session: number): Promise<Trainer> {
    project.log(RUN, session, '[INFO] 2026-01-15 12:00:00 - Training [Epoch 2/10][Iteration 1/40]. loss: 0.5\n');
    const trainer = await project.launch(RUN);
    trainers.push(trainer);
    return trainer;
  }

  it('is told in seconds, once, over a kill -9, and resolved in the same message', async () => {
    project.addRun(RUN, 10);
    for (const epoch of [0, 1]) project.completeEpoch(RUN, epoch);
    const trainer = await train(0);
    const first = start();
    await first.says('1 running');
    await slack.waitFor((messages) => messages.some((message) => message.text.includes('Now watching')));
    // The log is followed from the first snapshot that shows the run running.
    await first.says('Now watching');

    const died = Date.now();
    project.log(RUN, 0, OUT_OF_MEMORY);
    await trainer.end();
    const isAlert = (text: string) => text.includes('Run failed') && text.includes('configs/exp/lidar.py');
    const [posted] = await slack
      .waitFor((messages) => messages.some((message) => isAlert(allText(message))), 15_000)
      .then((messages) => messages.filter((message) => isAlert(allText(message))));
    assert.ok(posted);
    console.log(`      log line to Slack over SSH: ${posted.at - died} ms (goal 2000)`);
    assert.match(allText(posted), /GPU 1/);
    assert.match(allText(posted), /2\.50 GiB/);

    const inDiscord = await discord.waitFor(({ body }) => isAlert(shownText(body)));
    assert.match(shownText(inDiscord.body), /GPU 1.*2\.50 GiB/s);
    const mail = await smtp.waitFor(({ parsed }) => isAlert(parsed.subject ?? ''));
    assert.match(mail.parsed.text ?? '', /2\.50 GiB/);
    assert.match(String(mail.parsed.html), /2\.50 GiB/);

    const told = () => [slack.messages().length, discord.messages().length, smtp.mails().length];
    await eventually('the bot knows that all is told', allTold);
    const before = told();

    await first.stopped('SIGKILL');
    const second = start();
    await second.says('1 failed');
    await second.says('Needs attention');
    await eventually('the second bot has looked twice', async () => {
      second.type('status');
      return second.output().split('Needs attention').length > 3;
    });
    assert.deepEqual(told(), before);

    await train(1);
    await eventually(
      'the Slack message is resolved',
      () => slack.messages().some(({ ts, text }) => ts === posted.ts && /resolved/i.test(text)),
      20_000,
    );
    const resolved = slack.messages().find(({ ts }) => ts === posted.ts);
    assert.match(resolved?.edits[0]?.text ?? '', /Run failed/);
    await eventually('the thread says so', () =>
      slack.messages().some(({ threadTs, text }) => threadTs === posted.ts && /resolved/i.test(text)),
    );
    await discord.waitFor(({ id, body }) => id === inDiscord.id && /resolved/i.test(shownText(body)));
    const answer = await smtp.waitFor(({ parsed }) => parsed.inReplyTo === mail.parsed.messageId, 15_000);
    assert.match(answer.parsed.text ?? '', /resolved/i);
    assert.equal(second.errors().includes('ERROR'), false, second.errors());
    assert.equal(await second.stopped('SIGTERM'), 0);
  });

  it('answers /pylon status and /pylon summary at once and in private', async () => {
    project.addRun(RUN, 10);
    await train(0);
    const bot = start();
    await bot.says('1 running');
    await slack.socketConnected();
    for (const [command, words] of [
      ['status', '1 running'],
      ['summary', 'Daily Summary'],
      ['help', 'What you can ask'],
    ] as const) {
      const { ackMs, bodies } = await slack.sendCommand(command);
      console.log(`      /pylon ${command} acknowledged in ${ackMs} ms`);
      const [body] = bodies as { text: string; blocks: unknown[]; attachments: unknown[]; response_type?: string }[];
      assert.ok(body);
      assert.match(JSON.stringify(body), new RegExp(words));
      assert.notEqual(body.response_type, 'in_channel');
    }
  });
});
