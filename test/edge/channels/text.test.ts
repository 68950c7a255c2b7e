import assert from 'node:assert/strict';
import {
  CUT_MARK,
  cut,
  headline,
  oneLine,
  printable,
  reasonOf,
  severityLook,
  webLink,
} from '../../../src/edge/channels/text.ts';
import { heading, message, paragraph } from '../../contracts/messages.ts';

describe('channels: text', () => {
  for (const [text, max, expected] of [
    ['short', 5, 'short'],
    ['a longer text', 12, `a lon${CUT_MARK}`],
    ['ab😀😀😀😀😀', 10, `ab${CUT_MARK}`],
    ['abc😀😀😀😀😀', 12, `abc😀${CUT_MARK}`],
    ['anything at all', 0, CUT_MARK],
  ] as const) {
    it(`cuts ${JSON.stringify(text)} at ${max}`, () => assert.equal(cut(text, max), expected));
  }

  for (const [text, expected] of [
    ['tab\tand\nline', 'tab\tand\nline'],
    ['win\r\nold\rmac', 'win\nold\nmac'],
    ['\x1b[1;31mred\x1b[0m', 'red'],
    ['a\0b\x07c\x7fd\x9be', 'abcde'],
    ['\u202eabc\u2066\u200f', 'abc'],
    ['half \udc00 and 😀', 'half \ufffd and 😀'],
  ] as const) {
    it(`makes ${JSON.stringify(text)} printable`, () => assert.equal(printable(text), expected));
  }

  it('puts text on one line', () => assert.equal(oneLine(' a\r\n\tb  c \u2028d '), 'a b c d'));

  for (const [url, expected] of [
    ['https://lab.example/a b', 'https://lab.example/a%20b'],
    ['http://lab.example', 'http://lab.example/'],
    ['javascript:alert(1)', null],
    ['data:text/html,x', null],
    ['file:///etc/passwd', null],
    ['not an address', null],
    ['', null],
  ] as const) {
    it(`offers a click on ${JSON.stringify(url)}: ${expected !== null}`, () => assert.equal(webLink(url), expected));
  }

  it('marks by severity, and what is over as resolved', () => {
    assert.equal(severityLook({ severity: 'critical', resolved: false })?.mark, '🔴');
    assert.equal(severityLook({ severity: 'warning', resolved: false })?.word, 'warning');
    assert.equal(severityLook({ severity: 'critical', resolved: true })?.mark, '✅');
    assert.equal(severityLook({ severity: null, resolved: false }), null);
  });

  const [title, more] = [heading('Title'), paragraph('more')];
  for (const [name, given, expected] of [
    ['takes the heading as headline', { body: [title, more] }, { headline: '🔴 Title', body: [more] }],
    ['keeps a body that opens otherwise', { body: [more] }, { headline: '🔴 Title', body: [more] }],
    ['takes a marked paragraph', { body: [paragraph('Title'), more] }, { headline: '🔴 Title', body: [more] }],
    [
      'leaves an answer without a headline',
      { severity: null, body: [paragraph('Title')] },
      { headline: null, body: [paragraph('Title')] },
    ],
    [
      'leaves an answer without a headline that is the start of its first words',
      { severity: null, title: 'Title and …', body: [paragraph('Title and more')] },
      { headline: null, body: [paragraph('Title and more')] },
    ],
    ['shows the title of an empty body', { severity: null, body: [] }, { headline: 'Title', body: [] }],
  ] as const) {
    it(name, () => assert.deepEqual(headline(message({ title: 'Title', ...given })), expected));
  }

  it('gives a reason without secrets, on one short line', () => {
    const reason = reasonOf(new Error(`no\nroute to hunter2hunter2 ${'x'.repeat(1_000)}`), ['hunter2hunter2']);
    assert.match(reason, /^no route to \*\*\* x+… \(cut\)$/);
    assert.equal(reason.length, 300);
    assert.equal(reasonOf('just text', ['']), 'just text');
  });
});
