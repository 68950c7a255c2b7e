import assert from 'node:assert/strict';
import { literal, markdown } from '../../../../src/edge/channels/discord/markdown.ts';
import { code, everyNode, HOSTILE, heading, list, paragraph, table, text } from '../../../contracts/messages.ts';

describe('discord: Markdown', () => {
  for (const { value } of HOSTILE) {
    it(`escapes ${JSON.stringify(value)} whole`, () => {
      const rest = literal(value).replace(/\\[^0-9A-Za-z\s]/g, 'x');
      assert.doesNotMatch(rest, /[\\*_~`|<[\]]|@everyone|@here|:\/\/|:[\w+-]+:/);
      assert.doesNotMatch(rest, /^\s*(?:[-+#>]|\d+[.)])/m);
    });
  }

  it('leaves names readable', () => {
    const plain = 'ann@gpu1:22, configs/exp-1/a.py at 12:03 (epoch 3 of 10, 5.2 GiB)';
    assert.equal(literal(plain), plain);
  });

  it('writes every node', () => {
    assert.equal(
      markdown(everyNode().body),
      [
        '# Every node',
        '',
        '## Second-level',
        '',
        '**Fifth-level**',
        '',
        'plainword **strongword** _emphasisword_ ~~deletedword~~ `inlinecodeword`',
        '[linkword](https://lab.example/runs)',
        '',
        '- bulletword',
        '- - nestedword',
        '',
        '1. firstword',
        '2. secondword',
        '',
        '```python',
        'x = "codeword"',
        '```',
        '',
        '> quoteword',
        '',
        '──────────',
        '',
        '```',
        'GPU       Memory',
        'cellword  78 GiB',
        '```',
      ].join('\n'),
    );
  });

  for (const [name, given, expected] of [
    ['code that holds a fence', code('a\n```\n@everyone'), '```\na\n`\u200b`\u200b`\n@everyone\n```'],
    ['code in a language that is none', code('x', '```\n@everyone'), '```\nx\n```'],
    ['a cell that holds a fence', table([['```']]), '```\n`\u200b`\u200b`\n```'],
    [
      'inline code with backticks',
      paragraph({ type: 'inlineCode', value: 'a`b``' }),
      '``\u200ba`\u200bb`\u200b`\u200b``',
    ],
    ['inline code of two lines', paragraph({ type: 'inlineCode', value: 'a\n# b' }), '`a # b`'],
    ['empty marks', paragraph({ type: 'strong', children: [] }, { type: 'inlineCode', value: '' }), ''],
    ['an empty heading', heading(''), ''],
    ['a heading of two lines', heading('a\n# b'), '# a \\# b'],
    ['a value at the start of a line', paragraph('x\n- y'), 'x\n\\- y'],
    [
      'a link with parentheses and brackets',
      paragraph({ type: 'link', url: 'https://lab.example/a_(b)', children: [text('[a](b)')] }),
      '[(a)(b)](https://lab.example/a_%28b%29)',
    ],
    [
      'a link that is no web address',
      paragraph({ type: 'link', url: 'javascript:alert(1)', children: [text('click')] }),
      'click (javascript:alert(1))',
    ],
    ['blocks inside a list', list([code('a\nb')]), '- ```\n  a\n  b\n  ```'],
    [
      'a quote of several lines',
      { type: 'blockquote', children: [paragraph('a\nb'), paragraph('c')] },
      '> a\n> b\n> \n> c',
    ],
  ] as const) {
    it(`writes ${name}`, () => assert.equal(markdown([given]), expected));
  }
});
