import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { DeliveryError } from '../../../../src/domain/delivery.ts';
import type { Channel, Logger } from '../../../../src/domain/ports.ts';
import { parseWebhookUrl } from '../../../../src/edge/channels/discord/config.ts';
import { deliveryErrorOf } from '../../../../src/edge/channels/discord/errors.ts';
import { createDiscordWebhook } from '../../../../src/edge/channels/discord/index.ts';
import { message } from '../../../contracts/messages.ts';
import { type DiscordFault, type FakeDiscord, startFakeDiscord } from '../../../fakes/discord/index.ts';
import { manualClock } from '../../../support/manual-clock.ts';

const ID = '123456789012345678';
const TOKEN = 'a'.repeat(68);

describe('discord: webhook', () => {
  let fake: FakeDiscord;
  let channel: Channel;
  let logged: string[];
  beforeEach(async () => {
    fake = await startFakeDiscord();
    logged = [];
    channel = create(fake.webhookUrl);
  });
  afterEach(() => fake.stop());

  function create(url: string): Channel {
    const log = (fields: object, text: string): void => void logged.push(`${text} ${inspect(fields)}`);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    return createDiscordWebhook({ url, apiUrl: fake.apiUrl, clock: manualClock(), logger });
  }

  async function refused(): Promise<DeliveryError> {
    return channel.send(message(), 'k').then(
      () => assert.fail('it was sent'),
      (error: unknown) => {
        assert.ok(error instanceof DeliveryError);
        assert.ok(!inspect(error, { depth: 9 }).includes(fake.token));
        return error;
      },
    );
  }

  it('posts an embed that pings nobody, and edits it', async () => {
    const receipt = await channel.send(message(), 'k');
    assert.deepEqual(receipt, { id: fake.messages()[0]?.id });
    await channel.update?.(receipt, message({ title: 'Other', body: [] }));
    assert.deepEqual(
      fake.messages()[0]?.versions.map(({ embeds }) => embeds?.[0]?.title),
      ['🔴 Run failed: configs/exp/a.py', '🔴 Other'],
    );
    assert.deepEqual(fake.messages()[0]?.body.allowed_mentions, { parse: [] });
    assert.equal(fake.requests().length, 2);
  });

  for (const [name, fault, expected] of [
    ['a rate limit', { kind: 'rate-limit', retryAfterS: 30 }, { permanent: false, wait: 30_050 }],
    ['a limit on all', { kind: 'rate-limit', retryAfterS: 3600, global: true }, { permanent: false, wait: 3_600_050 }],
    ['a limit without a wait', { kind: 'status', status: 429 }, { permanent: false, wait: null }],
    ['a server error', { kind: 'status', status: 500 }, { permanent: false, wait: null }],
    ['a closed connection', { kind: 'drop' }, { permanent: false, wait: null }],
    ['a refused body', { kind: 'status', status: 400, code: 50035 }, { permanent: true, wait: null }],
    ['missing permission', { kind: 'status', status: 403, code: 50013 }, { permanent: true, wait: null }],
  ] as const satisfies readonly [string, DiscordFault, { permanent: boolean; wait: number | null }][]) {
    it(`makes one request on ${name} and tells it`, async () => {
      fake.failAll(fault);
      const error = await refused();
      assert.equal(error.permanent, expected.permanent);
      // discord.js counts the time that has passed since the answer.
      if (expected.wait === null) assert.equal(error.retryAfterMs, null);
      else assert.ok(Math.abs((error.retryAfterMs ?? 0) - expected.wait) < 1_000, String(error.retryAfterMs));
      assert.equal(fake.requests().length, 1);
    });
  }

  it('never calls a webhook again that is gone, and says what to do', async () => {
    fake.removeWebhook();
    for (const _ of [1, 2, 3]) {
      const error = await refused();
      assert.equal(error.permanent, true);
      assert.match(error.message, /Unknown Webhook.*make a new one/);
    }
    assert.equal(fake.requests().length, 1);
  });

  it('never calls again with a token that is wrong', async () => {
    channel = create(fake.webhookUrl.replace(/.$/, 'y'));
    for (const _ of [1, 2]) assert.match((await refused()).message, /Invalid Webhook Token/);
    assert.equal(fake.requests().length, 1);
  });

  it('goes on after an edit of a message that is gone', async () => {
    const receipt = await channel.send(message(), 'k');
    fake.removeMessage(receipt.id ?? '');
    await assert.rejects(async () => channel.update?.(receipt, message()), { messageGone: true });
    await channel.send(message(), 'k');
    assert.equal(fake.messages().length, 2);
  });

  it('says at once and at every send that an address is no webhook', async () => {
    channel = create('https://evil.example/api/webhooks/1/secretsecret');
    assert.match(logged.join(), /no Discord webhook/);
    assert.doesNotMatch(logged.join(), /secretsecret/);
    const error = await refused();
    assert.equal(error.permanent, true);
    assert.doesNotMatch(error.message, /secretsecret/);
    assert.equal(fake.requests().length, 0);
  });

  it('keeps the token out of an error that names it', () => {
    const error = deliveryErrorOf(
      new Error(`request to https://discord.com/api/webhooks/${ID}/${TOKEN} failed`),
      TOKEN,
    );
    assert.ok(!error.message.includes(TOKEN));
    assert.equal(error.permanent, false);
  });
});

describe('discord: webhook address', () => {
  const api = 'http://127.0.0.1:8080/api';
  const good = { id: ID, token: TOKEN };
  for (const [url, apiUrl, expected] of [
    [`https://discord.com/api/webhooks/${ID}/${TOKEN}`, null, good],
    [`https://discord.com/api/v10/webhooks/${ID}/${TOKEN}/`, null, good],
    [`https://discordapp.com/api/webhooks/${ID}/${TOKEN}`, null, good],
    [`https://canary.discord.com/api/webhooks/${ID}/${TOKEN}?wait=true`, null, good],
    [`http://127.0.0.1:8080/api/webhooks/${ID}/${TOKEN}`, api, good],
    [`http://127.0.0.1:8080/api/webhooks/${ID}/${TOKEN}`, null, null],
    [`http://discord.com/api/webhooks/${ID}/${TOKEN}`, null, null],
    [`https://discord.com.evil.example/api/webhooks/${ID}/${TOKEN}`, null, null],
    [`https://discord.com@evil.example/api/webhooks/${ID}/${TOKEN}`, null, null],
    [`https://evil.example/api/webhooks/${ID}/${TOKEN}`, api, null],
    [`https://discord.com/api/webhooks/${ID}`, null, null],
    [`https://discord.com/api/webhooks/x/${TOKEN}`, null, null],
    ['https://discord.com/channels/1/2', null, null],
    ['not an address', 'nor this', null],
    ['', null, null],
  ] as const) {
    it(`${JSON.stringify(url)} is ${expected === null ? 'none' : 'one'}`, () => {
      assert.deepEqual(parseWebhookUrl(url, apiUrl), expected);
    });
  }
});
