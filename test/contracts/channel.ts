import assert from 'node:assert/strict';
import { DeliveryError } from '../../src/domain/delivery.ts';
import type { Message } from '../../src/domain/message.ts';
import type { Channel } from '../../src/domain/ports.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { code, everyNode, HOSTILE, heading, list, message, NODE_WORDS, paragraph, table, text } from './messages.ts';

/** One message as the platform holds it now. */
export interface SentMessage {
  /** All that a reader sees of it, details included, with the platform's escapes undone. */
  readonly text: string;
  /** How often it was edited. */
  readonly edits: number;
  /** What stands under it. */
  readonly replies: readonly string[];
}

/** What goes wrong with the next call: refused for now, for going too fast, for good; done but not answered; never answered. */
export type Failure = 'transient' | 'rate-limit' | 'permanent' | 'lost-answer' | 'hang';

/** A channel, the platform behind it, and what the platform has. */
export interface ChannelHarness {
  readonly channel: Channel;
  /** The channel's clock, where the test may move it. */
  readonly clock: ManualClock | null;
  /** Must stand in no error. */
  readonly secrets: readonly string[];
  /** What a reader sees, each message once however often it came, if the platform can tell. */
  sent(): Promise<readonly SentMessage[]>;
  /** Whoever would be pinged, each link that could be clicked, each header, tag or sequence that came through. */
  live(): Promise<readonly string[]>;
  /** Resolves when the platform has got the call that hangs. */
  hanging(): Promise<void>;
  failNext(failure: Failure): void;
  /** Takes the last message away, as a moderator does. */
  remove(): void;
  stop(): Promise<void>;
}

export interface ChannelTraits {
  /** false: the platform is this process and cannot fail. */
  readonly canFail: boolean;
  /** How often a reader sees a message that was sent again with its key because its answer was lost. */
  readonly seenAfterLostAnswer: 1 | 2;
  /** The channel's own deadline for one call by its clock; null where the platform's client keeps one in real time. */
  readonly deadlineMs: number | null;
}

/** What every channel must do. `make` is called for each test. */
export function channelContract(kind: string, make: () => Promise<ChannelHarness>, traits: ChannelTraits): void {
  describe(`channel ${kind}`, () => {
    let harness: ChannelHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.stop());

    it('has its kind and only what it can do', () => {
      assert.equal(harness.channel.kind, kind);
    });
    sends();
    staysLiteral();
    cutsWhatIsTooLong();
    updates();
    replies();
    if (traits.canFail) fails();
    if (traits.deadlineMs !== null) keepsItsDeadline(traits.deadlineMs);

    function sends(): void {
      it('shows every kind of node', async () => {
        await deliver(harness.channel, everyNode(), 'k1');
        const [sent, ...others] = await harness.sent();
        assert.equal(others.length, 0);
        for (const word of NODE_WORDS) assert.ok(sent?.text.includes(word), `${word} in ${sent?.text}`);
      });

      it('says the title once', async () => {
        await harness.channel.send(message({ title: 'Onlyonce', body: [heading('Onlyonce'), paragraph('x')] }), 'k1');
        assert.equal((await harness.sent())[0]?.text.split('Onlyonce').length, 2);
      });

      for (const [name, odd] of Object.entries(oddMessages())) {
        it(`delivers a message with ${name}`, async () => {
          await deliver(harness.channel, odd, 'k1');
          assert.equal((await harness.sent()).length, 1);
        });
      }
    }

    function staysLiteral(): void {
      for (const { value, shows = value } of HOSTILE) {
        it(`keeps ${JSON.stringify(value)} literal`, async () => {
          await deliver(harness.channel, everywhere(value), 'k1');
          const [sent] = await harness.sent();
          const found = squeezed(sent?.text ?? '').split(squeezed(shows)).length - 1;
          assert.ok(found >= PLACES, `seen ${found} times in ${sent?.text}`);
          assert.deepEqual(await harness.live(), []);
        });
      }
    }

    function cutsWhatIsTooLong(): void {
      for (const [name, long] of Object.entries(longMessages())) {
        it(`delivers ${name}, whole or marked`, async () => {
          await deliver(harness.channel, long, 'k1');
          const [sent] = await harness.sent();
          assert.ok(sent);
          assert.ok(sent.text.includes('END') || /…\s*\(?cut/.test(sent.text), sent.text.slice(-200));
          assert.ok(!/\p{Surrogate}/u.test(sent.text));
        });
      }
    }

    function updates(): void {
      it('edits the same message, if it can edit', async () => {
        const { channel } = harness;
        if (!channel.update) return assert.equal('update' in channel, false);
        const receipt = await channel.send(message(), 'k1');
        const next = await channel.update(receipt, message({ title: 'Recovered', body: [heading('Recovered')] }));
        const again = await channel.update(next, message({ title: 'Ended', body: [heading('Ended')], resolved: true }));
        assert.deepEqual(Object.keys(again).sort(), Object.keys(receipt).sort());
        const [sent, ...others] = await harness.sent();
        assert.equal(others.length, 0);
        assert.ok(sent);
        assert.ok(sent.text.includes('Ended') && !sent.text.includes('Recovered'), sent?.text);
        assert.equal(sent.edits, 2);
      });

      it('says that a message to be edited is gone', async () => {
        const { channel } = harness;
        if (!channel.update) return assert.equal('update' in channel, false);
        const receipt = await channel.send(message(), 'k1');
        harness.remove();
        const error = await failureOf(channel.update(receipt, message()));
        assert.equal(error.messageGone, true);
        assert.equal(error.permanent, false);
        assert.equal((await failureOf(channel.update({}, message()))).messageGone, true);
      });
    }

    function replies(): void {
      it('answers in the thread, if it can thread', async () => {
        const { channel } = harness;
        if (!channel.reply) return assert.equal('reply' in channel, false);
        const receipt = await channel.send(message(), 'k1');
        await channel.reply(receipt, message({ title: 'One more', body: [heading('One more')] }), 'k1/reply/1');
        const [sent, ...others] = await harness.sent();
        assert.equal(others.length, 0);
        assert.ok(sent);
        assert.equal(sent.replies.length, 1);
        assert.ok(sent.replies[0]?.includes('One more'));
      });
    }

    function fails(): void {
      const expected = [
        { failure: 'transient', permanent: false },
        { failure: 'rate-limit', permanent: false },
        { failure: 'permanent', permanent: true },
      ] as const;
      for (const { failure, permanent } of expected) {
        it(`tells a ${failure} failure as such and without secrets`, async () => {
          harness.failNext(failure);
          const error = await failureOf(harness.channel.send(message(), 'k1'));
          assert.equal(error.permanent, permanent, error.message);
          assert.equal(error.messageGone, false);
          if (failure === 'rate-limit') assert.ok((error.retryAfterMs ?? 0) >= 1_000, String(error.retryAfterMs));
          assertNoSecret(error);
        });
      }

      it('delivers after a transient failure', async () => {
        harness.failNext('transient');
        await failureOf(harness.channel.send(message(), 'k1'));
        await harness.channel.send(message(), 'k1');
        assert.equal((await harness.sent()).length, 1);
      });

      it('loses nothing when an answer is lost', async () => {
        await harness.channel.send(message(), 'k0');
        harness.failNext('lost-answer');
        const error = await failureOf(harness.channel.send(message(), 'k1'));
        assert.equal(error.permanent, false);
        assertNoSecret(error);
        await harness.channel.send(message(), 'k1');
        assert.equal((await harness.sent()).length, 1 + traits.seenAfterLostAnswer);
      });
    }

    function keepsItsDeadline(deadlineMs: number): void {
      it('gives up on a platform that does not answer', async () => {
        harness.failNext('hang');
        const outcome = failureOf(harness.channel.send(message(), 'k1'));
        await harness.hanging();
        harness.clock?.advance(deadlineMs);
        const error = await outcome;
        assert.equal(error.permanent, false);
        assertNoSecret(error);
      });

      it('leaves no timer behind', async () => {
        await harness.channel.send(message(), 'k1');
        assert.equal(harness.clock?.waiting(), 0);
      });
    }

    function assertNoSecret(error: Error): void {
      const told = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
      for (const secret of harness.secrets) assert.ok(!told.includes(secret), told);
    }
  });
}

async function failureOf(work: Promise<unknown>): Promise<DeliveryError> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DeliveryError, String(error));
  return error;
}

/** Without white space: where lines break is the platform's affair. */
function squeezed(shown: string): string {
  return shown.replace(/\s+/g, '');
}

/** In how many places `everywhere` puts its value; the title and the inline code may lose line breaks. */
const PLACES = 6;

function everywhere(value: string): Message {
  return message({
    title: value,
    body: [
      heading(value),
      paragraph(value),
      paragraph({ type: 'strong', children: [text(value)] }),
      paragraph('x ', { type: 'inlineCode', value }),
      code(value),
      list([value]),
    ],
    details: [table([['a', value], [value]])],
    alertIds: [value],
  });
}

function oddMessages(): Record<string, Message> {
  return {
    'a title and no body': message({ body: [] }),
    'no title': message({ title: '', body: [paragraph('text')] }),
    'no text at all': message({ title: '', body: [], severity: null }),
    'empty nodes': message({
      body: [
        paragraph(),
        list([]),
        table([]),
        table([[]]),
        code(''),
        { type: 'blockquote', children: [] },
        { type: 'heading', depth: 4, children: [] },
        { type: 'list', ordered: false, children: [{ type: 'listItem', children: [] }] },
        paragraph({ type: 'strong', children: [] }, { type: 'inlineCode', value: '' }),
      ],
    }),
    'a link that is no address': message({
      body: [paragraph({ type: 'link', url: 'javascript:alert(1)', children: [text('x')] })],
    }),
    'an answer': message({ kind: 'answer', severity: null, title: 'All well', body: [paragraph('All well')] }),
  };
}

function longMessages(): Record<string, Message> {
  const words = 'word '.repeat(10_000);
  return {
    'a paragraph of 50,000 characters': message({ body: [paragraph(`${words}END`)] }),
    'one word of 50,000 characters': message({ body: [paragraph(`${'x'.repeat(50_000)}END`)] }),
    '50,000 characters that need escapes': message({ body: [paragraph(`${'*_<&@'.repeat(10_000)}END`)] }),
    'a title of 5,000 characters': message({ title: `${'word '.repeat(1_000)}END` }),
    'code of 50,000 characters': message({ body: [code(`${words.replaceAll(' ', '\n')}END`)] }),
    'code of 50,000 backticks': message({ body: [code(`${'`'.repeat(50_000)}END`)] }),
    '200 list items': message({
      body: [list([...Array(200).keys()].map((n) => `item ${n} ${'x'.repeat(100)}`)), code('END')],
    }),
    'a table of 500 rows': message({
      body: [table([...Array(500).keys()].map((n) => [`row ${n}`, 'x'])), code('END')],
    }),
    'a table of 60 columns': message({ body: [table([[...Array(60).keys()].map((n) => `column ${n}`)]), code('END')] }),
    'nested lists': message({
      body: [[...Array(50)].reduce<Message['body'][0]>((inner) => list([inner]), paragraph('END'))],
    }),
    'broken Unicode': message({ body: [paragraph(`${'👩‍💻\ud83d'.repeat(5_000)}END`)] }),
    'long details': message({ details: [paragraph(`${words}END`)] }),
    'a long body and details': message({ body: [paragraph(words)], details: [paragraph(`${words}END`)] }),
    'a link of 10,000 characters': message({
      body: [
        paragraph({ type: 'link', url: `https://lab.example/${'x'.repeat(10_000)}`, children: [text('link')] }),
        code('END'),
      ],
    }),
  };
}

/** As the dispatcher does: the message, then what belongs under it. */
async function deliver(channel: Channel, sent: Message, key: string): Promise<void> {
  const receipt = await channel.send(sent, key);
  await channel.detail?.(receipt, sent);
}
