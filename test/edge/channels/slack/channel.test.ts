import assert from 'node:assert/strict';
import { DeliveryError, type Receipt } from '../../../../src/domain/delivery.ts';
import type { Message } from '../../../../src/domain/message.ts';
import type { Channel } from '../../../../src/domain/ports.ts';
import { createSlackApp } from '../../../../src/edge/channels/slack/index.ts';
import { allText, type FakeSlack, type Fault, startFakeSlack } from '../../../fakes/slack/index.ts';
import { hastyClock, manualClock, messageOf, paragraph, recordingLogger } from './support.ts';

const OOM = messageOf({ details: [{ type: 'code', value: 'Traceback (most recent call last):\n  ...' }] });

async function refused(promise: Promise<unknown>): Promise<DeliveryError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof DeliveryError, `not a DeliveryError: ${error}`);
    return error;
  }
  return assert.fail('was not refused');
}

describe('slack channel', () => {
  let slack: FakeSlack;
  let logger: ReturnType<typeof recordingLogger>;
  let gpu: Channel;

  function open(name = '#gpu', clock = hastyClock()): Channel {
    return createSlackApp({ ...slack, clock, logger }).channel(name);
  }
  const send = (message: Message = messageOf(), key = 'lab|g1') => gpu.send(message, key);
  const posts = () => slack.messages().map(({ text, threadTs }) => (threadTs === null ? text : `> ${text}`));
  const sent = (method: string) => slack.requests.filter((request) => request.method === method).length;

  beforeEach(async () => {
    slack = await startFakeSlack();
    logger = recordingLogger();
    gpu = open();
  });
  afterEach(() => slack.stop());

  it('posts, with the key in the metadata and nothing that pings or unfolds', async () => {
    const receipt = await send();
    const [message] = slack.messages();
    assert.deepEqual(receipt, { channel: 'C0GPU', ts: message!.ts });
    assert.equal(message!.text, '🔴 Run failed: CUDA out of memory (critical)');
    assert.match(allText(message!), /configs\/exp\/model_v3\.py on gpu1/);
    assert.equal(message!.metadata?.event_type, 'pylon_delivery');
    assert.equal(message!.metadata?.event_payload.key, 'lab|g1');
    assert.deepEqual(message!.metadata?.event_payload.alert_ids, ['a1']);
    const { parse, link_names, mrkdwn, unfurl_links, unfurl_media } = message!.options;
    assert.deepEqual([parse, link_names, mrkdwn, unfurl_links, unfurl_media], ['none', false, false, false, false]);
  });

  it('puts the details into the thread in a step of its own, and keeps them in step with edits', async () => {
    const bare = await send(OOM);
    assert.equal(slack.messages().length, 1);
    const first = await gpu.detail!(bare, OOM);
    assert.deepEqual(posts(), [
      '🔴 Run failed: CUDA out of memory (critical)',
      '> Details: Run failed: CUDA out of memory',
    ]);
    assert.equal(slack.messages()[1]!.broadcast, false);
    assert.deepEqual(await gpu.detail!(first, OOM), first);
    assert.equal(slack.messages().length, 2);

    const other = { ...OOM, details: [paragraph('another traceback')] };
    const changed = await gpu.detail!(await gpu.update!(first, other), other);
    assert.equal(changed.details, first.details);
    assert.notEqual(changed.detailsSum, first.detailsSum);
    assert.match(allText(slack.messages()[1]!), /another traceback/);
    assert.equal(slack.messages().length, 2);
  });

  it('has no details to post where the message has none', async () => {
    const receipt = await send();
    assert.deepEqual(await gpu.detail!(receipt, messageOf()), receipt);
    assert.equal(slack.messages().length, 1);
  });

  it('fails for the details alone', async () => {
    const receipt = await send(OOM);
    slack.fail('chat.postMessage', { status: 500 });
    await assert.rejects(gpu.detail!(receipt, OOM), /server answered 500/);
    assert.equal((await gpu.detail!(receipt, OOM)).details, slack.messages()[1]!.ts);
  });

  it('posts details anew that somebody has deleted', async () => {
    const first = await gpu.detail!(await send(OOM), OOM);
    slack.remove(first.details!);
    const again = await gpu.detail!(first, { ...OOM, details: [paragraph('more')] });
    assert.equal(again.details, slack.messages()[1]!.ts);
  });

  it('edits text, blocks and colour together', async () => {
    const receipt = await send();
    await gpu.update!(
      receipt,
      messageOf({ resolved: true, body: [paragraph('Run failed: CUDA out of memory'), paragraph('restarted')] }),
    );
    const [message] = slack.messages();
    assert.equal(message!.text, '✅ Run failed: CUDA out of memory (resolved)');
    assert.match(allText(message!), /restarted/);
    assert.deepEqual((message!.attachments as { color: string }[])[0]!.color, '#2eb67d');
    await gpu.update!(receipt, messageOf({ severity: null }));
    assert.deepEqual(message!.attachments, []);
  });

  it('replies in the thread, shown in the channel, in one message', async () => {
    const receipt = await send();
    await gpu.reply!(receipt, { ...OOM, title: 'Another one' }, 'lab|g1|2');
    const [, reply] = slack.messages();
    assert.deepEqual([reply!.threadTs, reply!.broadcast, slack.messages().length], [receipt.ts, true, 2]);
    assert.match(allText(reply!), /Traceback/);
  });

  it('says that a message is gone', async () => {
    const receipt = await send();
    slack.remove(receipt.ts!);
    for (const call of [
      () => gpu.update!(receipt, messageOf()),
      () => gpu.reply!(receipt, messageOf(), 'k'),
      () => gpu.update!({}, messageOf()),
    ]) {
      const error = await refused(call());
      assert.deepEqual([error.messageGone, error.permanent], [true, false]);
    }
    slack.fail('chat.update', { error: 'cant_update_message' });
    assert.equal((await refused(gpu.update!(receipt, messageOf()))).messageGone, true);
    assert.equal((await refused(gpu.reply!({ channel: 'C0GPU' } as Receipt, messageOf(), 'k'))).messageGone, true);
  });

  describe('refusals', () => {
    const places: [string, RegExp][] = [
      ['#nowhere', /#nowhere: channel_not_found; check the name.*\/invite @Pylon/],
      ['#foreign', /#foreign: not_in_channel; invite the bot with \/invite @Pylon/],
      ['#old', /#old: is_archived; /],
    ];
    for (const [name, reason] of places) {
      it(`${name}: permanent, with the cure`, async () => {
        const error = await refused(open(name).send(messageOf(), 'k'));
        assert.match(error.message, reason);
        assert.equal(error.permanent, true);
        assert.equal(sent('chat.postMessage'), 1);
      });
    }

    const faults: [string, Fault, RegExp, Partial<DeliveryError>][] = [
      ['refused token', { error: 'invalid_auth' }, /invalid_auth; set SLACK_BOT_TOKEN/, { permanent: true }],
      ['missing scope', { error: 'missing_scope' }, /slack-manifest\.yaml/, { permanent: true }],
      ['text too long', { error: 'msg_too_long' }, /msg_too_long/, { permanent: true }],
      ['Slack in trouble', { error: 'internal_error' }, /internal_error/, { permanent: false }],
      ['a word that is none', { error: '<html>xoxb-1-secret' }, /unreadable answer$/, { permanent: false }],
      ['server error', { status: 503 }, /server answered 503/, { permanent: false }],
      ['cut line', { dropped: 'before' }, /no answer \(UND_ERR_SOCKET\)/, { permanent: false }],
      ['429', { retryAfter: 7 }, /too many messages/, { permanent: false, retryAfterMs: 7_000 }],
      ['429 in words', { error: 'message_limit_exceeded' }, /too many/, { permanent: false, retryAfterMs: 30_000 }],
      ['429 without a time', { retryAfter: null }, /no answer/, { permanent: false }],
    ];
    for (const [name, fault, reason, expected] of faults) {
      it(name, async () => {
        slack.fail('chat.postMessage', fault);
        const error = await refused(send());
        assert.match(error.message, reason);
        assert.deepEqual({ ...error, ...expected }, { ...error });
        assert.doesNotMatch(`${error.message}${error.stack}`, /xoxb-|127\.0\.0\.1/);
        assert.equal(sent('chat.postMessage'), 1, 'tried once');
      });
    }

    it('a server that is away', async () => {
      await slack.stop();
      const error = await refused(send());
      assert.match(error.message, /no answer \(ECONNREFUSED\)/);
      slack = await startFakeSlack();
    });

    it('refused blocks go out as plain text, once', async () => {
      slack.fail('chat.postMessage', { error: 'invalid_blocks' });
      await send();
      const [message] = slack.messages();
      assert.deepEqual(message!.blocks, []);
      assert.match(message!.text, /model_v3\.py on gpu1/);
      assert.equal((await logger.line('Slack refused the blocks; sending text')).fields.code, 'invalid_blocks');

      slack.fail('chat.postMessage', { error: 'invalid_blocks' }, 2);
      assert.equal((await refused(send())).permanent, true);
    });

    it('an answer that says nothing', async () => {
      slack.fail('chat.postMessage', { error: '' });
      assert.equal((await refused(send())).permanent, false);
    });
  });

  describe('lost answers', () => {
    it('100 of them: nothing lost, at most one message twice', async () => {
      for (let i = 0; i < 100; i += 1) {
        const message = messageOf({ title: `Alert ${i}` });
        slack.fail('chat.postMessage', { dropped: 'after' });
        await refused(send(message, `lab|${i}`));
        await send(message, `lab|${i}`);
      }
      const texts = posts();
      assert.equal(new Set(texts).size, 100);
      // The first, as long as the id of the channel is not known.
      assert.equal(texts.length, 101);
    });

    it('gives the receipt of what is there already', async () => {
      const first = await send();
      slack.fail('chat.postMessage', { dropped: 'after' });
      await refused(send(messageOf({ title: 'B' }), 'b'));
      const receipt = await send(messageOf({ title: 'B' }), 'b');
      assert.equal(receipt.ts, slack.messages()[1]!.ts);
      assert.equal(slack.messages().length, 2);

      slack.fail('chat.postMessage', { dropped: 'after' });
      await refused(gpu.reply!(first, messageOf({ title: 'C' }), 'c'));
      await gpu.reply!(first, messageOf({ title: 'C' }), 'c');
      assert.equal(slack.messages().length, 3);
    });

    it('the same key for another message is another message', async () => {
      await send();
      await send();
      assert.equal(slack.messages().length, 2);
    });

    it('posts again what did not arrive', async () => {
      await send();
      slack.fail('chat.postMessage', { dropped: 'before' });
      await refused(send(messageOf({ title: 'B' }), 'b'));
      await send(messageOf({ title: 'B' }), 'b');
      assert.equal(slack.messages().length, 2);
    });

    it('rather twice than not at all where it may not look; later where Slack is away', async () => {
      await send();
      slack.scopes.delete('channels:history');
      slack.fail('chat.postMessage', { dropped: 'after' });
      await refused(send(messageOf({ title: 'B' }), 'b'));
      slack.fail('conversations.history', { status: 500 });
      assert.equal((await refused(send(messageOf({ title: 'B' }), 'b'))).permanent, false);
      await send(messageOf({ title: 'B' }), 'b');
      assert.equal(posts().filter((text) => text.includes('B')).length, 2);
    });
  });

  describe('pace', () => {
    it('one a second and channel, edits and replies too, in order', async () => {
      const clock = manualClock();
      gpu = open('#gpu', clock);
      const receipt = await send();
      const calls = [
        gpu.update!(receipt, messageOf({ title: 'edit' })),
        gpu.reply!(receipt, messageOf({ title: 'reply' }), 'r'),
        gpu.send(messageOf({ title: 'next' }), 'n'),
      ];
      for (const [i, call] of calls.entries()) {
        assert.equal(slack.requests.length, 1 + i);
        clock.advance(999);
        assert.equal(slack.requests.length, 1 + i);
        clock.advance(1);
        await call;
      }
      assert.equal(slack.requests.length, 4);
    });

    it('one channel does not wait for another, and the same name is the same channel', async () => {
      const app = createSlackApp({ ...slack, clock: manualClock(), logger });
      assert.equal(app.channel('#gpu'), app.channel('#gpu'));
      await app.channel('#gpu').send(messageOf(), 'a');
      await app.channel('#lab').send(messageOf(), 'b');
      assert.equal(slack.messages().length, 2);
    });

    it('asks nothing while Slack wants a pause, wherever the clock is set', async () => {
      const clock = manualClock();
      const app = createSlackApp({ ...slack, clock, logger });
      slack.fail('chat.postMessage', { retryAfter: 30 });
      await refused(app.channel('#gpu').send(messageOf(), 'a'));
      clock.advance(29_000);
      const error = await refused(app.channel('#lab').send(messageOf(), 'b'));
      assert.equal(error.retryAfterMs, 1_000);
      assert.equal(slack.requests.length, 1);
      clock.advance(1_000);
      await app.channel('#lab').send(messageOf(), 'b');

      slack.fail('chat.postMessage', { retryAfter: 30 });
      const late = manualClock();
      let back = 0;
      const moved = createSlackApp({ ...slack, clock: { ...late, now: () => late.now() - back }, logger });
      await refused(moved.channel('#gpu').send(messageOf(), 'a'));
      back = 86_400_000;
      await moved.channel('#lab').send(messageOf(), 'a');
    });
  });

  it('100 poison messages: all delivered, neighbours unaffected', async () => {
    const poison = [
      'x'.repeat(50_000),
      '\ud83d'.repeat(2_000),
      '<!channel> '.repeat(5_000),
      '\u0000\u001b[2J'.repeat(500),
      '`*_~'.repeat(9_000),
    ];
    for (let i = 0; i < 100; i += 1) {
      const value = poison[i % poison.length]!;
      const body =
        i % 2 === 0 ? [paragraph(`${i} ${value}`)] : Array.from({ length: 200 }, () => paragraph(value.slice(0, 300)));
      const title = `${i} ${value}`;
      const message = messageOf({ title, body, details: body, alertIds: [value] });
      await gpu.detail!(await gpu.send(message, `${i} ${value}`), message);
      await gpu.send(messageOf({ title: `neighbour ${i}` }), `n${i}`);
    }
    assert.equal(slack.messages().filter(({ threadTs }) => threadTs === null).length, 200);
    assert.deepEqual(
      logger.lines.filter(({ level }) => level !== 'debug'),
      [],
    );
  });
});
