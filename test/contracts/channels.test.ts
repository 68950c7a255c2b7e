import { readFileSync } from 'node:fs';
import type { Clock } from '../../src/domain/ports.ts';
import { createConsole } from '../../src/edge/channels/console/index.ts';
import { createDiscordWebhook, DEADLINE_MS as DISCORD_DEADLINE_MS } from '../../src/edge/channels/discord/index.ts';
import { createEmail } from '../../src/edge/channels/email/index.ts';
import { DEADLINE_MS as EMAIL_DEADLINE_MS } from '../../src/edge/channels/email/transport.ts';
import { createSlackApp, createSlackWebhook } from '../../src/edge/channels/slack/index.ts';
import { systemClock } from '../../src/util/clock.ts';
import { type DiscordFault, startFakeDiscord } from '../fakes/discord/index.ts';
import { liveParts, shownText } from '../fakes/discord/reading.ts';
import { texts } from '../fakes/slack/blocks.ts';
import { type FakeMessage, type Fault, links, pings, startFakeSlack } from '../fakes/slack/index.ts';
import { type SmtpFault, startFakeSmtp } from '../fakes/smtp/index.ts';
import { foreignParts, readerView } from '../fakes/smtp/reading.ts';
import { eventually } from '../support/eventually.ts';
import { manualClock } from '../support/manual-clock.ts';
import { type ChannelHarness, channelContract, type Failure } from './channel.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const DISCORD_FAULTS: Record<Failure, DiscordFault> = {
  transient: { kind: 'status', status: 503 },
  'rate-limit': { kind: 'rate-limit', retryAfterS: 2 },
  permanent: { kind: 'status', status: 400, code: 50035, message: 'Invalid Form Body' },
  'lost-answer': { kind: 'drop-answer' },
  hang: { kind: 'hang' },
};

async function discordHarness(): Promise<ChannelHarness> {
  const fake = await startFakeDiscord();
  const clock = manualClock();
  const standing = () => fake.messages().filter((message) => !message.deleted);
  return {
    channel: createDiscordWebhook({ url: fake.webhookUrl, apiUrl: fake.apiUrl, clock, logger: SILENT }),
    clock,
    secrets: [fake.token],
    sent: async () =>
      standing().map(({ body, versions }) => ({ text: shownText(body), edits: versions.length - 1, replies: [] })),
    live: async () => [...fake.violations(), ...standing().flatMap(({ body }) => liveParts(body))],
    hanging: () => eventually('a request', () => fake.requests().length > 0),
    failNext: (failure) => fake.failNext(DISCORD_FAULTS[failure]),
    remove: () => fake.removeMessage(fake.messages().at(-1)?.id ?? ''),
    stop: () => fake.stop(),
  };
}

const SMTP_FAULTS: Record<Failure, SmtpFault> = {
  transient: { kind: 'drop' },
  'rate-limit': { kind: 'refuse', at: 'mail', code: 451, text: '4.7.1 try again later' },
  permanent: { kind: 'refuse', at: 'rcpt', code: 550, text: '5.1.1 no such user' },
  'lost-answer': { kind: 'drop-answer' },
  hang: { kind: 'hang' },
};

async function emailHarness(): Promise<ChannelHarness> {
  const fake = await startFakeSmtp({ auth: { user: 'bot', pass: 'canary-password' } });
  const clock = manualClock();
  const from = 'Pylon bot <bot@lab.example>';
  const to = ['ann@lab.example', 'ben@lab.example'];
  const frame = readFileSync(new URL('../../templates/email.html', import.meta.url), 'utf8');
  return {
    channel: createEmail({ smtpUrl: fake.url, from, to, clock, logger: SILENT, frame }),
    clock,
    secrets: ['canary-password', fake.url],
    sent: async () => readerView(fake.mails()),
    live: async () => fake.mails().flatMap((mail) => foreignParts(mail, to)),
    hanging: async () => void (await fake.waitFor(() => true)),
    failNext: (failure) => fake.failNext(SMTP_FAULTS[failure]),
    remove: () => undefined,
    stop: () => fake.stop(),
  };
}

const SLACK_FAULTS: Record<Failure, Fault> = {
  transient: { status: 503 },
  'rate-limit': { retryAfter: 2 },
  permanent: { error: 'restricted_action' },
  'lost-answer': { dropped: 'after' },
  hang: { hang: true },
};

/** Time passes as fast as it is asked for: Slack's pace of one message a second is tested elsewhere. */
const hastyClock: Clock = {
  now: systemClock.now,
  after(_ms, task) {
    const due = setImmediate(task);
    return () => clearImmediate(due);
  },
};

/** What stands beside blocks is shown in notifications only. */
function slackText({ text, blocks, attachments }: FakeMessage): string {
  return blocks.length + attachments.length === 0 ? text : [...texts(blocks), ...texts(attachments)].join('');
}

async function slackHarness(): Promise<ChannelHarness> {
  const fake = await startFakeSlack();
  const { botToken, appToken, apiUrl } = fake;
  const app = createSlackApp({ botToken, appToken, apiUrl, clock: hastyClock, logger: SILENT });
  const inThread = (ts: string) => fake.messages().filter(({ threadTs }) => threadTs === ts);
  return {
    channel: app.channel('#gpu'),
    clock: null,
    secrets: [botToken, appToken],
    // The details are an answer that is not shown in the channel.
    sent: async () =>
      fake
        .messages()
        .filter(({ threadTs }) => threadTs === null)
        .map((first) => ({
          text: [first, ...inThread(first.ts).filter(({ broadcast }) => !broadcast)].map(slackText).join('\n'),
          edits: first.edits.length,
          replies: inThread(first.ts)
            .filter(({ broadcast }) => broadcast)
            .map(slackText),
        })),
    live: async () => fake.messages().flatMap((message) => [...pings(message), ...links(message)]),
    hanging: async () => undefined,
    failNext: (failure) => fake.fail('chat.postMessage', SLACK_FAULTS[failure]),
    remove: () => fake.remove(fake.messages()[0]?.ts ?? ''),
    stop: () => fake.stop(),
  };
}

async function slackWebhookHarness(): Promise<ChannelHarness> {
  const fake = await startFakeSlack();
  const secret = new URL(fake.webhookUrl).pathname;
  return {
    channel: createSlackWebhook({ url: fake.webhookUrl, clock: hastyClock }),
    clock: null,
    secrets: [secret, secret.slice(secret.lastIndexOf('/') + 1)],
    sent: async () => fake.messages().map((message) => ({ text: slackText(message), edits: 0, replies: [] })),
    live: async () => fake.messages().flatMap((message) => [...pings(message), ...links(message)]),
    hanging: async () => undefined,
    failNext: (failure) => fake.fail('webhook', failure === 'permanent' ? { status: 404 } : SLACK_FAULTS[failure]),
    remove: () => undefined,
    stop: () => fake.stop(),
  };
}

async function consoleHarness(): Promise<ChannelHarness> {
  const written: string[] = [];
  return {
    channel: createConsole({ write: (text) => void written.push(text), color: false, width: 200 }),
    clock: manualClock(),
    secrets: [],
    sent: async () => written.map((text) => ({ text, edits: 0, replies: [] })),
    live: async () => written.join('').match(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/g) ?? [],
    hanging: async () => undefined,
    failNext: () => undefined,
    remove: () => undefined,
    stop: async () => undefined,
  };
}

const always = { canFail: true } as const;
channelContract('slack', slackHarness, { ...always, seenAfterLostAnswer: 1, deadlineMs: null });
channelContract('slack-webhook', slackWebhookHarness, { ...always, seenAfterLostAnswer: 2, deadlineMs: null });
channelContract('discord-webhook', discordHarness, {
  ...always,
  seenAfterLostAnswer: 2,
  deadlineMs: DISCORD_DEADLINE_MS,
});
channelContract('email', emailHarness, { ...always, seenAfterLostAnswer: 1, deadlineMs: EMAIL_DEADLINE_MS });
channelContract('console', consoleHarness, { canFail: false, seenAfterLostAnswer: 1, deadlineMs: null });
