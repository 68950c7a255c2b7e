import assert from 'node:assert/strict';
import type { Block } from '../../src/domain/message.ts';
import { createEngine, TemplateError } from '../../src/messages/engine.ts';
import { readTree } from '../../src/messages/tree.ts';
import { texts } from './helpers.ts';

const engine = createEngine('Europe/Berlin');

function blocks(template: string, data: object = {}): Block[] {
  return readTree(engine(template, 't.md', 1_000)(data));
}

function says(template: string, data: object = {}): string {
  return texts(blocks(template, data)).join('');
}

describe('filters', () => {
  const data = { at: '2026-11-24T13:32:00Z', s: 7500, b: 1.5 * 2 ** 30, p: 78.5, n: 3, t: 'abcdef', none: null };
  const cases: [template: string, text: string][] = [
    ['{{ at | time }}', '14:32'],
    ['{{ at | datetime }}', '2026-11-24 14:32'],
    ['{{ s | duration }}', '2 h 5 min'],
    ['{{ b | bytes }}', '1.5 GiB'],
    ['{{ p | percent }}', '78.5%'],
    ['{{ n | plural: "run" }}', '3 runs'],
    ['{{ n | plural: "process", "processes" }}', '3 processes'],
    ['{{ t | clip: 4 }}', 'abc…'],
    ['a{{ none }}b', 'ab'],
    ['{{ none | default: "unknown" }}', 'unknown'],
    ['{{ none | time }}', '?'],
  ];
  for (const [template, text] of cases) {
    it(template, () => assert.equal(says(template, data), text));
  }
});

describe('code', () => {
  for (const hostile of ['a', '`', '``', '```\n# b', ' a ', '```js', '\\`']) {
    it(`holds ${JSON.stringify(hostile)} in a line`, () => {
      const value = hostile.replaceAll('\n', ' ');
      assert.deepEqual(blocks('is {{ v | code }}.', { v: hostile })[0], {
        type: 'paragraph',
        children: [
          { type: 'text', value: 'is ' },
          { type: 'inlineCode', value },
          { type: 'text', value: '.' },
        ],
      });
    });

    it(`holds lines of ${JSON.stringify(hostile)} in a block`, () => {
      const value = `${hostile}\nb`;
      assert.deepEqual(blocks('{{ v | code }}', { v: [hostile, 'b'] }), [{ type: 'code', lang: null, value }]);
    });
  }

  it('holds a value between the backticks and in the fences of a template too', () => {
    assert.deepEqual(blocks('`{{ v }}`\n\n~~~\n{{ v }}\n~~~', { v: '`~~~\n' }), [
      { type: 'paragraph', children: [{ type: 'inlineCode', value: '`~~~ ' }] },
      { type: 'code', lang: null, value: '`~~~\n' },
    ]);
  });

  it('is a value like any other once another filter follows', () => {
    assert.equal(says('{{ v | code | upcase }}', { v: '**a**' }).includes('`'), true);
  });
});

describe('values', () => {
  const v = '**a** {{ b }}';
  const cases: [title: string, template: string, text: string][] = [
    ['that were captured', '{% capture x %}{{ v }}!{% endcapture %}{{ x }}', `${v}!`],
    [
      'that were captured twice',
      '{% capture x %}{{ v }}{% endcapture %}{% capture y %}{{ x }}{% endcapture %}{{ y }}',
      v,
    ],
    ['that were assigned and joined', '{% assign x = v | append: "!" %}{{ x }}', `${v}!`],
    ['that are echoed', '{% echo v %}', v],
    ['that are cycled', '{% cycle v, "b" %}', v],
    ['with attempts at another escape', '{{ v | escape | upcase | downcase }}', v],
  ];
  for (const [title, template, text] of cases) {
    it(`stay literal: ${title}`, () => {
      const [block] = blocks(template, { v });
      assert.deepEqual(block, { type: 'paragraph', children: [{ type: 'text', value: text }] });
    });
  }
});

describe('what a template cannot do', () => {
  const data = { alerts: [{ id: 'a' }], text: 'x' };
  const cases: [title: string, template: string, reason: RegExp][] = [
    [
      'leave the data by the prototype',
      '{{ text }}{{ alerts.constructor }}',
      /^t\.md:1:14: undefined variable: alerts\.constructor/,
    ],
    ['reach a prototype', '{{ alerts[0].__proto__ }}', /undefined variable/],
    ['reach an inherited name', '{{ toString }}', /undefined variable/],
    ['use a variable that is not there', 'a\n  {{ nothing }}', /^t\.md:2:6: undefined variable: nothing/],
    ['ask for a variable that is not there', '{% if nothing %}a{% endif %}', /^t\.md:1:7: undefined variable: nothing/],
    ['use a filter that is not there', '{{ text | shell }}', /^t\.md:1:1: undefined filter: shell/],
    ['put a value in raw', '{{ text | raw }}', /undefined filter: raw/],
    ['use a tag that is not there', 'a\n{% exec "ls" %}', /^t\.md:2:1: tag "exec" not found/],
    ['leave a tag open', '{% if text %}', /^t\.md:1:1: tag .* not closed/],
    ['include a file', "{% include '/etc/passwd' %}", /^t\.md:1:1: ENOENT/],
    ['render a file', "{% render '../secret.md' %}", /^t\.md:1:1: ENOENT/],
    ['use a layout', "{% layout 'x' %}", /ENOENT/],
    ['be endlessly long', 'x'.repeat(200_001), /^t\.md: .*parse length limit exceeded/],
    ['fill the memory', '{% for i in (1..1000000000) %}{% endfor %}', /memory alloc limit exceeded/],
    [
      'fill the memory by doubling',
      `{% assign x = "0123456789" %}${'{% capture x %}{{ x }}{{ x }}{% endcapture %}'.repeat(30)}{{ x }}`,
      /memory alloc limit exceeded/,
    ],
  ];
  for (const [title, template, reason] of cases) {
    it(title, () => {
      assert.throws(
        () => engine(template, 't.md', 5_000)(data),
        (error) => error instanceof TemplateError && reason.test(error.message),
      );
    });
  }

  it('run without end', () => {
    const loop = '{% for i in (1..10000) %}{% for j in (1..10000) %}{{ i }}{% endfor %}{% endfor %}';
    assert.throws(() => engine(loop, 't.md', 20)({}), /t\.md:1:\d+: template render limit exceeded/);
  });
});
