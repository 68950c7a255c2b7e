import assert from 'node:assert/strict';
import { cleanData, cleanText, clipText, oneLine } from '../../src/messages/clean.ts';

describe('cleanText', () => {
  const cases: [title: string, text: string, clean: string][] = [
    ['keeps ordinary text', 'configs/exp/a_b.py – 50 % 😀 مرحبا', 'configs/exp/a_b.py – 50 % 😀 مرحبا'],
    ['keeps tabs and newlines', 'a\tb\nc', 'a\tb\nc'],
    ['takes every line end for a newline', 'a\r\nb\rc', 'a\nb\nc'],
    ['removes control characters', 'a\u0000b\u001b[31mc\u007fd\u0085e', 'ab[31mcde'],
    ['removes what turns the direction of text', 'a\u202eb\u2066c\u2069d\u200ee\u061cf', 'abcdef'],
    ['keeps joiners', 'a\u200db\u200bc', 'a\u200db\u200bc'],
    ['removes the code points of our marks', 'a\ufdd00\ufdd1b\uffff', 'a0b'],
    ['replaces half characters', 'a\ud800b\udc00', 'a\ufffdb\ufffd'],
  ];
  for (const [title, text, clean] of cases) {
    it(title, () => assert.equal(cleanText(text), clean));
  }
});

describe('oneLine', () => {
  it('makes one space of a line break, however many there are', () => {
    assert.equal(oneLine('a\n\nb\u2028c\td'), 'a b c d');
  });
});

describe('clipText', () => {
  const cases: [text: string, max: number, clipped: string][] = [
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['a😀b', 3, 'a…'],
    ['abc', 1, '…'],
    ['', 0, ''],
    ['abc', 0, '…'],
  ];
  for (const [text, max, clipped] of cases) {
    it(`${JSON.stringify(text)} to ${max}`, () => assert.equal(clipText(text, max), clipped));
  }
});

describe('cleanData', () => {
  it('cleans text at any depth, in keys too', () => {
    assert.deepEqual(cleanData({ 'a\u0000': [{ b: 'c\u202e' }] }), { a: [{ b: 'c' }] });
  });

  it('keeps numbers, booleans and null, and makes null of what is not JSON', () => {
    const data = { a: 1.5, b: false, c: null, d: Number.NaN, e: undefined, f: () => 1, g: Number.POSITIVE_INFINITY };
    assert.deepEqual(cleanData(data), { a: 1.5, b: false, c: null, d: null, e: null, f: null, g: null });
  });

  it('copies own properties only, and __proto__ as an ordinary one', () => {
    const data = Object.assign(Object.create({ inherited: 'x' }), JSON.parse('{"__proto__": {"polluted": "y"}}'));
    const clean = cleanData({ data }) as { data: Record<string, unknown> };
    assert.equal(clean.data.inherited, undefined);
    assert.equal(clean.data.polluted, undefined);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
});
