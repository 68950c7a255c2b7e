import assert from 'node:assert/strict';
import { composeMail, senderOf } from '../../../../src/edge/channels/email/mail.ts';
import { HOSTILE, message, oomAlert } from '../../../contracts/messages.ts';

const SETTINGS = { from: 'Pylon bot <bot@lab.example>', domain: 'lab.example', frame: '{{ body }}' };

describe('email: mail', () => {
  it('is the same for the same message and key', () => {
    const mail = composeMail(oomAlert(), 'lab|g1', SETTINGS, null);
    assert.deepEqual(composeMail(oomAlert(), 'lab|g1', SETTINGS, null), mail);
    assert.match(mail.messageId, /^<[0-9a-f]{32}@lab\.example>$/);
    assert.notEqual(composeMail(oomAlert(), 'lab|g2', SETTINGS, null).messageId, mail.messageId);
  });

  it('tells the severity in its subject', () => {
    const subject = (over: Parameters<typeof message>[0]) => composeMail(message(over), 'k', SETTINGS, null).subject;
    assert.equal(subject({ title: 'GPU lost' }), '[critical] GPU lost');
    assert.equal(subject({ title: 'GPU lost', resolved: true }), '[resolved] GPU lost');
    assert.equal(subject({ title: 'Summary', severity: null }), 'Summary');
    assert.ok(subject({ title: 'x'.repeat(1_000) }).length <= 200);
    for (const { value } of HOSTILE) assert.doesNotMatch(subject({ title: value }), /[\0-\x1f\x7f]/);
  });

  it('answers in the thread of the first mail, whatever it says itself', () => {
    const first = composeMail(message({ title: 'GPU lost' }), 'k', SETTINGS, null);
    const { messageId, subject } = first;
    const reply = composeMail(message({ title: 'GPU back', resolved: true }), 'k/1', SETTINGS, { messageId, subject });
    assert.equal(reply.subject, 'Re: [critical] GPU lost');
    assert.equal(reply.inReplyTo, first.messageId);
    assert.equal(reply.references, first.messageId);
    assert.notEqual(reply.messageId, first.messageId);
    assert.match(reply.text, /^✅ GPU back/);
  });

  it('answers a receipt that it cannot read with a mail of its own', () => {
    const reply = composeMail(message({ title: 'GPU back' }), 'k/1', SETTINGS, {});
    assert.equal(reply.subject, '[critical] GPU back');
    assert.ok(!('inReplyTo' in reply));
  });

  for (const [from, expected] of [
    ['bot@lab.example', 'bot@lab.example'],
    ['Pylon bot <bot@lab.example>', 'bot@lab.example'],
    [' <bot@lab.example> ', 'bot@lab.example'],
    ['"x@y" <bot@lab.example>', 'bot@lab.example'],
    ['Pylon bot', null],
    ['<>', null],
    ['bot@lab.example\r\nBcc: evil@evil.example', null],
    ['', null],
  ] as const) {
    it(`finds the sender of ${JSON.stringify(from)}`, () => assert.equal(senderOf(from), expected));
  }
});
