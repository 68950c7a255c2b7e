import assert from 'node:assert/strict';
import type { Block, Inline } from '../../src/domain/message.ts';
import { readTree } from '../../src/messages/tree.ts';
import { markValue } from '../../src/messages/values.ts';

function read(markdown: string): Block[] {
  return readTree({ markdown, values: [] });
}

function text(value: string): Inline {
  return { type: 'text', value };
}

describe('readTree', () => {
  it('reads every kind of block', () => {
    const blocks = read(
      '# a\n\nb *c* **d** ~~e~~ `f`\\\ng\n\n- h\n  1. i\n\n> j\n\n```py\nk\n```\n\n| l | m |\n| :- | -: |\n| n | |\n\n---',
    );
    assert.deepEqual(blocks, [
      { type: 'heading', depth: 1, children: [text('a')] },
      {
        type: 'paragraph',
        children: [
          text('b '),
          { type: 'emphasis', children: [text('c')] },
          text(' '),
          { type: 'strong', children: [text('d')] },
          text(' '),
          { type: 'delete', children: [text('e')] },
          text(' '),
          { type: 'inlineCode', value: 'f' },
          { type: 'break' },
          text('g'),
        ],
      },
      {
        type: 'list',
        ordered: false,
        children: [
          {
            type: 'listItem',
            children: [
              { type: 'paragraph', children: [text('h')] },
              {
                type: 'list',
                ordered: true,
                children: [{ type: 'listItem', children: [{ type: 'paragraph', children: [text('i')] }] }],
              },
            ],
          },
        ],
      },
      { type: 'blockquote', children: [{ type: 'paragraph', children: [text('j')] }] },
      { type: 'code', lang: 'py', value: 'k' },
      {
        type: 'table',
        align: ['left', 'right'],
        children: [
          {
            type: 'tableRow',
            children: [
              { type: 'tableCell', children: [text('l')] },
              { type: 'tableCell', children: [text('m')] },
            ],
          },
          {
            type: 'tableRow',
            children: [
              { type: 'tableCell', children: [text('n')] },
              { type: 'tableCell', children: [] },
            ],
          },
        ],
      },
      { type: 'thematicBreak' },
    ]);
  });

  const asText: [title: string, markdown: string, value: string][] = [
    ['HTML in a line', 'a <b>c</b>', 'a <b>c</b>'],
    ['a block of HTML', '<div>\na\n</div>', '<div> a </div>'],
    ['an image', 'a ![b](https://x.example/y.png)', 'a b'],
    ['a definition', '[a]: https://x.example', '[a]: https://x.example'],
    ['a footnote', '[^1]: a', '[^1]: a'],
    ['a link to a script', '[a](javascript:b)', 'a'],
    ['a link to nowhere', '[a](/b)', 'a'],
    ['an address of mail', 'mail a@b.example', 'mail a@b.example'],
    ['a soft line end', 'a\nb', 'a b'],
  ];
  for (const [title, markdown, value] of asText) {
    it(`makes text of ${title}`, () => {
      assert.deepEqual(read(markdown), [{ type: 'paragraph', children: [text(value)] }]);
    });
  }

  it('makes text of references', () => {
    const [block] = read('a [b][c] ![d][c] [^1]\n\n[c]: https://x.example\n\n[^1]: e');
    assert.deepEqual(block, { type: 'paragraph', children: [text('a [b][c] ![d][c] [^1]')] });
  });

  it("keeps a template's own links", () => {
    assert.deepEqual(read('[a](https://x.example/b) https://y.example'), [
      {
        type: 'paragraph',
        children: [
          { type: 'link', url: 'https://x.example/b', children: [text('a')] },
          text(' '),
          { type: 'link', url: 'https://y.example', children: [text('https://y.example')] },
        ],
      },
    ]);
  });

  it('makes no link of a value, and none to one', () => {
    const values: string[] = [];
    const mark = markValue(values, 'https://evil.example');
    const markdown = `[a](${mark}) [b](https://x.example/${mark}) https://x.example/${mark} <https://x.example/${mark}> ${mark}`;
    const value =
      'a b https://x.example/https://evil.example https://x.example/https://evil.example https://evil.example';
    assert.deepEqual(readTree({ markdown, values }), [{ type: 'paragraph', children: [text(value)] }]);
  });

  it('takes no value for a language', () => {
    const values: string[] = [];
    const mark = markValue(values, 'js');
    assert.deepEqual(readTree({ markdown: `\`\`\`${mark}\na\n\`\`\``, values }), [
      { type: 'code', lang: null, value: 'a' },
    ]);
  });

  it('leaves out what holds nothing', () => {
    const values: string[] = [];
    const mark = markValue(values, '');
    const markdown = `# ${mark}\n\n**${mark}**\n\n\`${mark}\` [${mark}](https://x.example)\n\n${mark}`;
    assert.deepEqual(readTree({ markdown, values }), [{ type: 'paragraph', children: [text(' ')] }]);
  });
});
