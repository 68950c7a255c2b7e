import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { DeliveryError } from '../../../../src/domain/delivery.ts';
import type { Channel, Logger } from '../../../../src/domain/ports.ts';
import { MINUTE } from '../../../../src/domain/time.ts';
import { deliveryErrorOf } from '../../../../src/edge/channels/email/errors.ts';
import { createEmail } from '../../../../src/edge/channels/email/index.ts';
import { message } from '../../../contracts/messages.ts';
import { type FakeSmtp, type SmtpFault, startFakeSmtp } from '../../../fakes/smtp/index.ts';
import { type ManualClock, manualClock } from '../../../support/manual-clock.ts';

const ANN = 'ann@lab.example';
const BEN = 'ben@lab.example';
const PASSWORD = 'hunter2hunter2';

describe('email: channel', () => {
  let fake: FakeSmtp;
  let clock: ManualClock;
  let logged: string[];
  beforeEach(async () => {
    fake = await startFakeSmtp({ auth: { user: 'bot', pass: PASSWORD } });
    clock = manualClock();
    logged = [];
  });
  afterEach(() => fake.stop());

  function create(over: Partial<Parameters<typeof createEmail>[0]> = {}): Channel {
    const log = (fields: object, text: string): void => void logged.push(`${text} ${inspect(fields)}`);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const from = 'Pylon bot <bot@lab.example>';
    return createEmail({ smtpUrl: fake.url, from, to: [ANN, BEN], clock, logger, frame: '{{ body }}', ...over });
  }

  async function refused(channel: Channel, key = 'k'): Promise<DeliveryError> {
    return channel.send(message(), key).then(
      () => assert.fail('it was sent'),
      (error: unknown) => {
        assert.ok(error instanceof DeliveryError);
        assert.ok(!inspect(error, { depth: 9 }).includes(PASSWORD));
        return error;
      },
    );
  }

  it('sends text and HTML with the headers of automatic mail', async () => {
    const receipt = await create().send(message(), 'k');
    const [mail] = fake.mails();
    assert.deepEqual(mail?.to, [ANN, BEN]);
    assert.equal(mail.from, 'bot@lab.example');
    const { parsed } = mail;
    assert.deepEqual(receipt, { messageId: parsed.messageId, subject: parsed.subject });
    assert.equal(parsed.headers.get('auto-submitted'), 'auto-generated');
    assert.equal(parsed.headers.get('x-auto-response-suppress'), 'All');
    assert.equal(parsed.date?.getTime(), clock.now());
    assert.match(parsed.text ?? '', /^🔴 Run failed: configs\/exp\/a\.py\n\nSomething happened\./);
    assert.match(parsed.html || '', /<h1>🔴 Run failed: configs\/exp\/a\.py<\/h1>\n<p>Something happened\.<\/p>/);
    assert.deepEqual(parsed.attachments, []);
  });

  it('repeats a mail to the byte', async () => {
    const channel = create();
    fake.failNext({ kind: 'drop-answer' });
    await refused(channel);
    clock.advance(30 * MINUTE);
    await channel.send(message(), 'k');
    const [first, second, ...others] = fake.mails();
    assert.equal(others.length, 0);
    assert.equal(second?.raw, first?.raw);
  });

  for (const [name, fault, permanent, retryAfterMs, says] of [
    ['greylisting', { kind: 'refuse', at: 'rcpt', code: 451 }, false, 5 * MINUTE, /later/],
    ['a busy server', { kind: 'refuse', at: 'connect', code: 421 }, false, 5 * MINUTE, /later/],
    ['a full mailbox', { kind: 'refuse', at: 'rcpt', code: 452 }, false, 30 * MINUTE, /later/],
    ['unknown users', { kind: 'refuse', at: 'rcpt', code: 550, text: 'no such user' }, true, null, /no such user/],
    ['a refused sender', { kind: 'refuse', at: 'mail', code: 553 }, true, null, /refuses the mail/],
    ['a refused text', { kind: 'refuse', at: 'data', code: 554, text: 'spam' }, true, null, /spam/],
    ['a confused session', { kind: 'refuse', at: 'data', code: 503 }, false, null, /no answer/],
    ['a closed connection', { kind: 'drop' }, false, null, /no answer/],
  ] as const satisfies readonly [string, SmtpFault, boolean, number | null, RegExp][]) {
    it(`tells of ${name}`, async () => {
      fake.failNext(fault);
      const error = await refused(create());
      assert.equal(error.permanent, permanent);
      assert.equal(error.retryAfterMs, retryAfterMs);
      assert.match(error.message, says);
      assert.equal(fake.connections(), 1);
    });
  }

  it('says what to do about a refused login', async () => {
    const error = await refused(create({ smtpUrl: fake.url.replace(PASSWORD, 'wrongwrong') }));
    assert.equal(error.permanent, true);
    assert.match(error.message, /check the user and the password in SMTP_URL/);
    assert.doesNotMatch(error.message, /wrongwrong/);
  });

  it('tells of a server that is not there', async () => {
    await fake.stop();
    const error = await refused(create());
    assert.equal(error.permanent, false);
    assert.equal(error.retryAfterMs, null);
    fake = await startFakeSmtp();
  });

  it('sends again only to those who were put off', async () => {
    const channel = create();
    fake.failNext({ kind: 'refuse', at: 'rcpt', code: 451, to: BEN });
    assert.equal((await refused(channel)).retryAfterMs, 5 * MINUTE);
    await channel.send(message(), 'k');
    assert.deepEqual(
      fake.mails().map(({ to }) => to),
      [[ANN], [BEN]],
    );
    assert.equal(fake.mails()[0]?.raw, fake.mails()[1]?.raw);
  });

  it('is content when one of several is unknown, and logs who', async () => {
    fake.failNext({ kind: 'refuse', at: 'rcpt', code: 550, to: BEN });
    await create().send(message(), 'k');
    assert.deepEqual(fake.mails()[0]?.to, [ANN]);
    assert.match(logged.join(), /recipient refused.*ben@lab\.example/s);
  });

  it('remembers the latest thousand unfinished mails', async () => {
    const channel = create({ smtpUrl: `smtp://127.0.0.1:${fake.port}` });
    await fake.stop();
    const first = clock.now();
    for (let n = 0; n <= 1_000; n += 1) await refused(channel, `k${n}`);
    clock.advance(MINUTE);
    fake = await startFakeSmtp({ port: fake.port });
    for (const key of ['k0', 'k1000']) await channel.send(message(), key);
    assert.deepEqual(
      fake.mails().map(({ parsed }) => parsed.date?.getTime()),
      [first + MINUTE, first],
    );
  });

  it('takes no header or recipient from a value', async () => {
    const title = 'x\r\nBcc: evil@evil.example\0';
    const from = 'Bot\r\nBcc: evil@evil.example <bot@lab.example>';
    const to = [ANN, 'ben@lab.example\r\nBcc: evil@evil.example', 'a@lab.example, evil@evil.example'];
    await create({ from, to }).send(message({ title }), 'k');
    const [mail] = fake.mails();
    assert.deepEqual(mail?.to, [ANN]);
    assert.equal(mail.parsed.headers.has('bcc'), false);
    assert.equal(mail.parsed.headers.has('cc'), false);
    assert.match(logged.join(), /not a mail address, left out/);
  });

  for (const [name, over, says] of [
    ['no server', { smtpUrl: 'https://bot:hunter2hunter2@mail.example' }, /SMTP_URL/],
    ['no sender', { from: 'the bot' }, /from/],
    ['no recipient', { to: ['nobody'] }, /no recipient/],
  ] as const) {
    it(`says at once and at every send that there is ${name}`, async () => {
      const channel = create(over);
      assert.match(logged.join(), says);
      assert.ok(!logged.join().includes(PASSWORD));
      const error = await refused(channel);
      assert.equal(error.permanent, true);
      assert.match(error.message, says);
    });
  }

  it('logs in nowhere without TLS but on the machine itself', () => {
    const error = Object.assign(new Error('STARTTLS: 502 not implemented'), { code: 'ETLS', responseCode: 502 });
    const told = deliveryErrorOf(error, []);
    assert.equal(told.permanent, true);
    assert.match(told.message, /smtps:/);
    assert.equal(deliveryErrorOf(Object.assign(new Error('closed'), { code: 'ETLS' }), []).permanent, false);
  });

  it('takes a mail that nodemailer refuses for refused', () => {
    for (const code of ['EENVELOPE', 'EMESSAGE']) {
      assert.equal(deliveryErrorOf(Object.assign(new Error('too large'), { code }), []).permanent, true);
    }
  });
});
