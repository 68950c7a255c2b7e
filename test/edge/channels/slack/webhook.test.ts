import assert from 'node:assert/strict';
import { DeliveryError } from '../../../../src/domain/delivery.ts';
import { createSlackWebhook } from '../../../../src/edge/channels/slack/index.ts';
import { allText, type FakeSlack, type Fault, startFakeSlack } from '../../../fakes/slack/index.ts';
import { hastyClock, manualClock, messageOf, paragraph } from './support.ts';

describe('slack webhook', () => {
  let slack: FakeSlack;
  const open = (url = slack.webhookUrl) => createSlackWebhook({ url, clock: hastyClock(), timeoutMs: 200 });

  beforeEach(async () => {
    slack = await startFakeSlack();
  });
  afterEach(() => slack.stop());

  it('only sends: body and details in one message, which pings nobody', async () => {
    const channel = open();
    assert.deepEqual([channel.kind, channel.update, channel.reply], ['slack-webhook', undefined, undefined]);
    assert.deepEqual(await channel.send(messageOf({ details: [paragraph('Traceback')] }), 'k'), {});
    const [message] = slack.messages();
    assert.match(allText(message!), /model_v3\.py on gpu1[\s\S]*Traceback/);
    assert.deepEqual([message!.options.parse, message!.options.link_names], ['none', false]);
  });

  const faults: [string, Fault, RegExp, Partial<DeliveryError>][] = [
    ['404', { status: 404 }, /does not exist any more/, { permanent: true }],
    ['410', { status: 410 }, /does not exist any more/, { permanent: true }],
    ['403', { status: 403 }, /unreadable answer/, { permanent: true }],
    ['408', { status: 408 }, /server answered 408/, { permanent: false }],
    ['500', { status: 500 }, /server answered 500/, { permanent: false }],
    ['429', { retryAfter: 12 }, /too many messages/, { permanent: false, retryAfterMs: 12_000 }],
    ['429 without a time', { retryAfter: null }, /too many/, { permanent: false, retryAfterMs: 30_000 }],
    ['cut line', { dropped: 'after' }, /no answer \(UND_ERR_SOCKET\)/, { permanent: false }],
    ['no answer', { hang: true }, /no answer \(timed out\)/, { permanent: false }],
  ];
  for (const [name, fault, reason, expected] of faults) {
    it(`${name}: no secret in the error`, async () => {
      slack.fail('webhook', fault);
      await assert.rejects(open().send(messageOf(), 'k'), (error) => {
        assert.ok(error instanceof DeliveryError);
        assert.match(error.message, reason);
        assert.deepEqual({ ...error, ...expected }, { ...error });
        assert.doesNotMatch(`${error.stack}${error.cause}`, /secretsecret|127\.0\.0\.1/);
        return true;
      });
    });
  }

  it('an address of no webhook, and one that is no address', async () => {
    const unknown = new URL('/services/T0/B0/other', slack.webhookUrl).href;
    await assert.rejects(open(unknown).send(messageOf(), 'k'), /make a new one/);
    await assert.rejects(open('htp:secretsecret').send(messageOf(), 'k'), (error: DeliveryError) => {
      assert.doesNotMatch(error.message, /secretsecret/);
      return true;
    });
    await assert.rejects(open('secretsecret').send(messageOf(), 'k'), (error: DeliveryError) => {
      assert.equal(error.message, 'Slack, webhook: its address is not a URL');
      assert.equal(error.permanent, true);
      return true;
    });
  });

  it('refused blocks go out as plain text, once', async () => {
    slack.fail('webhook', { body: 'invalid_blocks', status: 400 });
    await open().send(messageOf(), 'k');
    assert.deepEqual(slack.messages()[0]!.blocks, []);
    slack.fail('webhook', { body: 'invalid_blocks', status: 400 }, 2);
    await assert.rejects(open().send(messageOf(), 'k'), /invalid_blocks; Slack refuses the message itself/);
    slack.fail('webhook', { body: 'no_service', status: 400 });
    await assert.rejects(open().send(messageOf(), 'k'), (error: DeliveryError) => error.permanent);
  });

  it('one a second', async () => {
    const clock = manualClock();
    const channel = createSlackWebhook({ url: slack.webhookUrl, clock });
    await channel.send(messageOf(), 'a');
    const second = channel.send(messageOf(), 'b');
    clock.advance(999);
    assert.equal(slack.requests.length, 1);
    clock.advance(1);
    await second;
    assert.equal(slack.messages().length, 2);
  });
});
