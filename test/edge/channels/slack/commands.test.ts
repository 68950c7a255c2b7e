import assert from 'node:assert/strict';
import type { Message } from '../../../../src/domain/message.ts';
import type { CommandHandler } from '../../../../src/domain/ports.ts';
import { createSlackApp, type SlackApp } from '../../../../src/edge/channels/slack/index.ts';
import { systemClock } from '../../../../src/util/clock.ts';
import { allText, type FakeSlack, pings, startFakeSlack } from '../../../fakes/slack/index.ts';
import { heading, type ManualClock, manualClock, messageOf, paragraph, recordingLogger } from './support.ts';

function answerOf(text: string): Message {
  return messageOf({ kind: 'answer', severity: null, title: text, body: [heading(text), paragraph(text)] });
}

describe('slack commands', () => {
  let slack: FakeSlack;
  let logger: ReturnType<typeof recordingLogger>;
  let clock: ManualClock;
  let app: SlackApp;
  let asked: [string, string][];
  const apps: SlackApp[] = [];

  const handler: CommandHandler = async (text, { channel, user }) => {
    asked.push([text, `${channel}:${user}`]);
    return answerOf(`answer to ${text}`);
  };

  function create(options: Partial<Parameters<typeof createSlackApp>[0]> = {}): SlackApp {
    app = createSlackApp({ ...slack, clock, logger, ...options });
    apps.push(app);
    return app;
  }

  beforeEach(async () => {
    slack = await startFakeSlack();
    logger = recordingLogger();
    clock = manualClock();
    asked = [];
  });
  afterEach(async () => {
    for (const one of apps.splice(0)) await one.stop();
    await slack.stop();
  });

  it('acknowledges, asks the handler and answers to the asker alone', async () => {
    await create().start(handler);
    const { acks, bodies } = await slack.sendCommand('run <!channel> "x"', 'U07');
    assert.deepEqual(asked, [['run <!channel> "x"', 'slack:U07']]);
    assert.equal(acks, 1);
    const [body] = bodies as [Record<string, never>];
    assert.equal(body.response_type, 'ephemeral');
    assert.match(allText(body as never), /answer to run/);
    assert.deepEqual(pings(body as never), []);
  });

  it('acknowledges before the handler is done', async () => {
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await create().start(async (text) => {
      await done;
      return answerOf(text);
    });
    const answer = slack.sendCommand('probe gpu1');
    await slack.commandAcknowledged();
    finish();
    assert.equal((await answer).bodies.length, 1);
  });

  it('answers details in the same message', async () => {
    await create().start(async () => ({ ...answerOf('x'), details: [paragraph('the fine print')] }));
    const { bodies } = await slack.sendCommand('run x');
    assert.match(allText(bodies[0] as never), /the fine print/);
  });

  it('does what is sent twice once, and acknowledges both', async () => {
    await create().start(handler);
    const { acks } = await slack.sendCommand('ack a1', 'U01', { copies: 3 });
    assert.equal(acks, 3);
    assert.equal(asked.length, 1);
    clock.advance(11 * 60_000);
    await slack.sendCommand('ack a1');
    assert.equal(asked.length, 2);
  });

  it('sends the answer as text when Slack does not take it, and goes on when that fails too', async () => {
    await create().start(handler);
    slack.fail('respond', { status: 500 });
    const { bodies } = await slack.sendCommand('status');
    assert.deepEqual(bodies[0]!.blocks, []);
    slack.fail('respond', { status: 500 }, 2);
    const lost = slack.sendCommand('lost');
    assert.match(String((await logger.line('Slack command failed')).fields.reason), /^Slack, command/);
    await slack.sendCommand('status');
    assert.equal(asked.length, 3);
    void lost;
  });

  it('1,000 commands while Slack refreshes the connection 60 times: each once, acknowledged in time', async () => {
    await create().start(handler);
    const times: number[] = [];
    for (let round = 0; round < 60; round += 1) {
      const commands = Array.from({ length: 17 }, (_, i) => slack.sendCommand(`c${round}-${i}`));
      // The others are under way when the connection goes.
      await Promise.race(commands);
      clock.advance(60_000);
      slack.disconnectSockets('refresh');
      for (const { ackMs } of await Promise.all(commands)) times.push(ackMs);
    }
    assert.equal(asked.length, 1_020);
    assert.equal(new Set(asked.map(([text]) => text)).size, 1_020);
    const p99 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
    assert.ok(p99 < 1_000, `p99 ${p99} ms`);
  }).timeout(120_000);

  it('comes back when the line is cut', async () => {
    await create({ clock: systemClock }).start(handler);
    await slack.sendCommand('one');
    slack.disconnectSockets('drop');
    await slack.sendCommand('two');
    assert.deepEqual(
      asked.map(([text]) => text),
      ['one', 'two'],
    );
  });

  describe('a start that fails', () => {
    const cases: [string, (slack: FakeSlack) => void, RegExp][] = [
      ['bot token refused', (s) => s.revoke('bot', 'invalid_auth'), /sign-in: invalid_auth; set SLACK_BOT_TOKEN/],
      ['bot token revoked', (s) => s.revoke('bot'), /sign-in: token_revoked; set SLACK_BOT_TOKEN/],
      ['app token refused', (s) => s.revoke('app', 'invalid_auth'), /invalid_auth; set SLACK_APP_TOKEN/],
      ['app token revoked', (s) => s.revoke('app'), /token_revoked; set SLACK_APP_TOKEN/],
      ['server error', (s) => s.fail('apps.connections.open', { status: 500 }, 100), /server answered 500/],
      ['line cut', (s) => s.fail('auth.test', { dropped: 'before' }, 100), /no answer/],
    ];
    for (const [name, spoil, reason] of cases) {
      it(`${name}: told once, tried again, and sending works where it can`, async () => {
        spoil(slack);
        await create().start(handler);
        const line = await logger.line('Slack commands are off');
        assert.equal(line.level, 'error');
        assert.match(String(line.fields.reason), reason);
        if (!name.startsWith('bot token')) await app.channel('#gpu').send(messageOf(), 'k');

        await clock.waiting(1_000);
        clock.advance(1_000);
        await clock.waiting(2_000);
        slack.heal();
        slack.revoke('bot', null);
        slack.revoke('app', null);
        clock.advance(2_000);
        await slack.sendCommand('status');
        assert.equal(logger.lines.filter(({ level }) => level === 'error').length, 1);
      });
    }

    it('an unanswered call is given up at the deadline', async () => {
      slack.fail('apps.connections.open', { hang: true });
      await create().start(handler);
      await slack.called('apps.connections.open', 1);
      clock.advance(15_000);
      assert.match(String((await logger.line('Slack commands are off')).fields.reason), /timed out/);
      await clock.waiting(1_000);
      clock.advance(1_000);
      await slack.sendCommand('status');
    });

    it('waits as long as Slack asks', async () => {
      slack.fail('apps.connections.open', { retryAfter: 60 });
      await create().start(handler);
      await logger.line('Slack commands are off');
      await clock.waiting(60_000);
      clock.advance(59_000);
      assert.equal(slack.requests.filter(({ method }) => method === 'auth.test').length, 1);
      clock.advance(1_000);
      await slack.sendCommand('status');
    });
  });

  it('a token refused at a reconnect does not end the process', async () => {
    await create().start(handler);
    await slack.sendCommand('one');
    slack.revoke('app', 'invalid_auth');
    clock.advance(3_600_000);
    slack.disconnectSockets('refresh');
    assert.match(String((await logger.line('Slack commands are off')).fields.reason), /SLACK_APP_TOKEN/);
    slack.revoke('app', null);
    await clock.waiting(1_000);
    clock.advance(1_000);
    await slack.sendCommand('two');
  });

  it('does not ask in a loop where each connection is closed at once', async () => {
    await create().start(handler);
    await slack.socketConnected();
    await logger.line('Slack commands are on');
    slack.disconnectSockets('refresh');
    await clock.waiting(1_000);
    clock.advance(999);
    assert.equal(slack.socketsGreeted, 1);
    clock.advance(1);
    await slack.sendCommand('status');
    assert.equal(slack.socketsGreeted, 2);
  });

  it('stops while connected, while waiting and before it has begun; no secret in any log line', async () => {
    await create().start(handler);
    await slack.sendCommand('one');
    await app.stop();

    slack.revoke('app', 'invalid_auth');
    await create().start(handler);
    await logger.line('Slack commands are off');
    await app.stop();

    slack.revoke('app', null);
    await create().start(handler);
    await app.stop();
    await create().stop();
    assert.doesNotMatch(JSON.stringify(logger.lines), /fake-(bot|app)-token|ticket=/);
  });
});
