import assert from 'node:assert/strict';
import { type Block, type Inline, type Message, plainText } from '../../../../src/domain/message.ts';
import { render, renderDetails, renderPlain, unfolded } from '../../../../src/edge/channels/slack/render.ts';
import { refusal, texts } from '../../../fakes/slack/blocks.ts';
import { allText, links, pings } from '../../../fakes/slack/index.ts';
import { heading, list, messageOf, paragraph } from './support.ts';

type Rich = { type: string; elements: { type: string; elements: unknown[] }[] };

function parts(block: Block): { type: string; elements: unknown[] }[] {
  const { blocks } = render(messageOf({ severity: null, body: [heading('t'), block] }));
  return (blocks[1] as unknown as Rich).elements;
}

function inline(...nodes: Inline[]): unknown[] {
  return parts({ type: 'paragraph', children: nodes })[0]!.elements;
}

const text = (value: string): Inline => ({ type: 'text', value });

describe('slack render', () => {
  describe('tone', () => {
    const cases: [Partial<Message>, string, string | undefined][] = [
      [{ severity: 'critical' }, '🔴 Disk full (critical)', '#d0021b'],
      [{ severity: 'warning' }, '🟠 Disk full (warning)', '#f5a623'],
      [{ severity: 'info' }, '🔵 Disk full (info)', '#2d7ff9'],
      [{ severity: 'critical', resolved: true }, '✅ Disk full (resolved)', '#2eb67d'],
      [{ severity: null }, 'Disk full', undefined],
    ];
    for (const [tone, expected, colour] of cases) {
      it(`${tone.severity}${tone.resolved ? ', resolved' : ''}`, () => {
        const out = render(messageOf({ title: 'Disk full', ...tone }));
        assert.equal(out.text, expected);
        assert.equal(out.attachments[0]?.color, colour);
        assert.equal(texts(out.blocks)[0], expected.replace(/ \(.*/, ''));
        assert.match(allText(out), /model_v3\.py on gpu1/);
      });
    }

    it('marks a message that begins with a paragraph, a list or nothing', () => {
      for (const body of [[paragraph('Disk full')], [list('x')], []]) {
        const out = render(messageOf({ title: 'Disk full', body }));
        assert.equal(texts(out.blocks).join(''), '🔴 Disk full');
        assert.equal(refusal(out), null);
      }
    });

    it('never has an empty text', () => {
      const out = render(messageOf({ title: ' \n', body: [], severity: null }));
      assert.equal(out.text, 'Pylon');
      assert.equal(refusal(out), null);
    });
  });

  describe('blocks', () => {
    const cell = (value: string) => ({ type: 'tableCell' as const, children: [text(value)] });
    const cases: [string, Block, unknown][] = [
      ['paragraph', paragraph('a'), [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'a' }] }]],
      [
        'lower heading',
        heading('Key Events', 2),
        [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'Key Events', style: { bold: true } }] }],
      ],
      [
        'code',
        { type: 'code', value: 'a\n  *b*' },
        [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'a\n  *b*' }] }],
      ],
      [
        'quote',
        { type: 'blockquote', children: [paragraph('a'), paragraph('b')] },
        [
          {
            type: 'rich_text_quote',
            elements: [
              { type: 'text', text: 'a' },
              { type: 'text', text: '\n' },
              { type: 'text', text: 'b' },
            ],
          },
        ],
      ],
      [
        'table',
        {
          type: 'table',
          align: ['left', 'right', 'center'],
          children: [
            { type: 'tableRow', children: [cell('run'), cell('loss'), cell('gpu')] },
            { type: 'tableRow', children: [cell('baseline'), cell('0.5'), cell('1')] },
            { type: 'tableRow', children: [cell('b'), cell('12.25')] },
          ],
        },
        [
          {
            type: 'rich_text_preformatted',
            elements: [
              {
                type: 'text',
                text: ['run        loss  gpu', '────────  ─────  ───', 'baseline    0.5   1', 'b         12.25'].join(
                  '\n',
                ),
              },
            ],
          },
        ],
      ],
      [
        'nested ordered list goes on counting',
        {
          type: 'list',
          ordered: true,
          children: [
            { type: 'listItem', children: [paragraph('one'), { ...list('inner') } as Block] },
            { type: 'listItem', children: [paragraph('two'), { type: 'code', value: 'x' }] },
            { type: 'listItem', children: [] },
          ],
        },
        [
          {
            type: 'rich_text_list',
            style: 'ordered',
            indent: 0,
            offset: 0,
            elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'one' }] }],
          },
          {
            type: 'rich_text_list',
            style: 'bullet',
            indent: 1,
            offset: 0,
            elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'inner' }] }],
          },
          {
            type: 'rich_text_list',
            style: 'ordered',
            indent: 0,
            offset: 1,
            elements: [
              {
                type: 'rich_text_section',
                elements: [
                  { type: 'text', text: 'two' },
                  { type: 'text', text: '\n' },
                  { type: 'text', text: 'x' },
                ],
              },
              { type: 'rich_text_section', elements: [{ type: 'text', text: ' ' }] },
            ],
          },
        ],
      ],
    ];
    for (const [name, block, expected] of cases) it(name, () => assert.deepEqual(parts(block), expected));

    it('draws a divider, and leaves out what has no text', () => {
      const body: Block[] = [heading('t'), { type: 'thematicBreak' }, paragraph(''), { type: 'code', value: '\u0007' }];
      const out = render(messageOf({ severity: null, body }));
      assert.deepEqual(out.blocks.slice(1), [{ type: 'divider' }]);
    });

    it('gives a title large letters, unless it is too long or not surely literal there', () => {
      for (const [title, type] of [
        ['Daily Summary - 2024-01-15', 'header'],
        ['R&D', 'rich_text'],
        ['x'.repeat(151), 'rich_text'],
      ] as const) {
        const out = render(messageOf({ title, severity: null, body: [heading(title)] }));
        assert.equal(out.blocks[0]?.type, type);
        assert.equal(allText(out).includes(title), true);
      }
    });
  });

  describe('inlines', () => {
    const cases: [string, Inline, unknown[]][] = [
      ['code', { type: 'inlineCode', value: 'a`b' }, [{ type: 'text', text: 'a`b', style: { code: true } }]],
      [
        'styles add up',
        {
          type: 'strong',
          children: [{ type: 'emphasis', children: [{ type: 'delete', children: [text('x')] }] }, { type: 'break' }],
        },
        [
          { type: 'text', text: 'x', style: { bold: true, italic: true, strike: true } },
          { type: 'text', text: '\n', style: { bold: true } },
        ],
      ],
      [
        'link',
        { type: 'link', url: 'https://lab.example/r?a=1', children: [text('run')] },
        [{ type: 'link', url: 'https://lab.example/r?a=1', text: 'run' }],
      ],
      [
        'link without words',
        { type: 'link', url: 'https://lab.example/', children: [] },
        [{ type: 'link', url: 'https://lab.example/', text: 'https://lab.example/' }],
      ],
      [
        'link to nowhere safe',
        { type: 'link', url: 'javascript:alert(1)', children: [text('run')] },
        [{ type: 'text', text: 'run (javascript:alert(1))' }],
      ],
      ['mark-up stays literal', text('*a* _b_ ~c~ `d` :smile:'), [{ type: 'text', text: '*a* _b_ ~c~ `d` :smile:' }]],
      [
        'a mention is never whole',
        text('<!here> a<b'),
        [
          { type: 'text', text: '<' },
          { type: 'text', text: '!here> a<b' },
        ],
      ],
      [
        'control characters, broken pairs',
        text('a\u001b[31m\ud800b\r\nc'),
        [{ type: 'text', text: 'a[31m\ufffdb\nc' }],
      ],
    ];
    for (const [name, node, expected] of cases) it(name, () => assert.deepEqual(inline(node), expected));
  });

  describe('hostile text', () => {
    const names = ['channel', 'here', 'everyone', 'subteam^S012AB3CD', 'date^0^{date}|x'].map((word) => `<!${word}>`);
    const ids = ['U012AB3CD', 'W012AB3CD', 'U1|bob'].map((id) => `<@${id}>`);
    const addresses = [
      'https://evil.example|Approve',
      'javascript:alert(1)|Approve',
      'mailto:a@evil.example',
      'data:text/html,x',
    ];
    const plain = [
      '@channel',
      '@here',
      '@everyone',
      '@U012AB3CD',
      '#general',
      'https://evil.example/x',
      'www.evil.example',
    ];
    const base = [...names, ...ids, '<#C012AB3CD>', '<#C1|general>', ...addresses.map((url) => `<${url}>`), ...plain];
    const wraps = [
      (x: string) => x,
      (x: string) => `a ${x} b`,
      (x: string) => `\`${x}\``,
      (x: string) => `*${x}*\n> ${x}`,
      (x: string) => `&lt;${x}&gt;<`,
    ];
    const payloads = base.flatMap((payload) => wraps.map((wrap) => wrap(payload)));

    function everywhere(payload: string): Message {
      const words: Inline[] = [text(payload), { type: 'inlineCode', value: payload }];
      const block: Block = { type: 'paragraph', children: [...words, { type: 'strong', children: words }] };
      const cells = words.map((word) => ({ type: 'tableCell' as const, children: [word] }));
      const body: Block[] = [
        heading(payload),
        block,
        list(payload),
        { type: 'code', lang: payload, value: payload },
        { type: 'blockquote', children: [block] },
        { type: 'table', align: [null, null], children: [{ type: 'tableRow', children: cells }] },
        { type: 'paragraph', children: [{ type: 'link', url: payload, children: [] }] },
      ].filter((one) => !/^https?:/.test(payload) || !JSON.stringify(one).includes('"link"')) as Block[];
      return messageOf({ title: payload, body, details: body, alertIds: [payload] });
    }

    it(`pings nobody and links nothing, in any field (${base.length * wraps.length} payloads)`, () => {
      assert.ok(payloads.length >= 100);
      for (const payload of payloads) {
        const message = everywhere(payload);
        for (const out of [render(message), renderDetails(message)!, renderPlain(message), render(unfolded(message))]) {
          const shown = { ...out, options: { parse: 'none' } };
          assert.deepEqual(pings(shown), [], payload);
          assert.deepEqual(links(shown), [], payload);
          assert.equal(refusal(out), null, payload);
          assert.doesNotMatch(JSON.stringify(out), /<[!@#]|<(https?|mailto|javascript):/, payload);
        }
      }
    });

    it('shows the payload itself, literally', () => {
      for (const payload of base) {
        const { blocks } = render(messageOf({ severity: null, body: [heading('t'), paragraph(payload)] }));
        assert.equal(texts(blocks.slice(1)).join(''), payload);
      }
    });
  });

  describe('too much', () => {
    const long = 'word '.repeat(10_000);
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i} of the log`).join('\n');
    const cases: [string, Block[]][] = [
      ['a paragraph of 50,000 characters', [heading('t'), paragraph(long)]],
      ['one word of 50,000 characters', [heading('t'), paragraph('x'.repeat(50_000))]],
      ['a title of 50,000 characters', [heading(long)]],
      ['5,000 lines of code', [heading('t'), { type: 'code', value: lines }]],
      ['a list of 2,000 items', [heading('t'), list(...Array.from({ length: 2_000 }, (_, i) => `item ${i}`))]],
      ['200 paragraphs', [heading('t'), ...Array.from({ length: 200 }, (_, i) => paragraph(`field ${i}`))]],
      ['200 long paragraphs', [heading('t'), ...Array.from({ length: 200 }, () => paragraph(long))]],
      ['emoji at every cut', [heading('t'), paragraph('😀'.repeat(25_000))]],
      ['broken Unicode', [heading('t'), paragraph('\ud83d'.repeat(50_000))]],
      ['ampersands', [heading('&'.repeat(50_000)), paragraph('&'.repeat(50_000))]],
      ['less-than signs', [heading('<!'.repeat(5_000)), paragraph('<!'.repeat(25_000))]],
      [
        'a table with a cell of 50,000 characters',
        [
          heading('t'),
          {
            type: 'table',
            align: [null],
            children: Array.from({ length: 300 }, () => ({
              type: 'tableRow' as const,
              children: [{ type: 'tableCell' as const, children: [text(long)] }],
            })),
          },
        ],
      ],
    ];
    for (const [name, body] of cases) {
      it(`${name}: taken, and marked as cut`, () => {
        const title = plainText((body[0] as { children: readonly Inline[] }).children);
        const message = messageOf({ title, body, details: body });
        for (const out of [render(message), renderDetails(message)!, renderPlain(message), render(unfolded(message))]) {
          assert.equal(refusal(out), null);
          assert.match(allText(out), /… cut, \d+ more characters|field 199$/);
          assert.ok(out.text.length <= 4_000);
          assert.doesNotMatch(allText(out), /\p{Surrogate}/u);
          assert.ok(texts(out).join('').length < 13_200 + 4_000);
        }
      });
    }

    it('tells how much is missing, and cuts between lines', () => {
      const out = render(messageOf({ severity: null, body: [heading('t'), { type: 'code', value: lines }] }));
      const [code, mark] = texts(out.blocks.slice(1));
      assert.match(code!, /of the log$/);
      assert.equal(mark, `… cut, ${lines.length - code!.length} more characters`);
    });

    it('counts what whole blocks hold that are left out', () => {
      const body = [heading('t'), ...Array.from({ length: 60 }, () => paragraph('12345'))];
      const out = render(messageOf({ severity: null, body }));
      assert.equal(out.blocks.length, 50);
      assert.equal(texts(out.blocks).at(-1), `… cut, ${12 * 5} more characters`);
    });
  });

  it('has no details where there are none, and unfolds those there are', () => {
    assert.equal(renderDetails(messageOf()), null);
    const message = messageOf({ severity: null, details: [{ type: 'code', value: 'Traceback' }] });
    assert.match(renderDetails(message)!.text, /^Details: Run failed/);
    assert.deepEqual(
      render(unfolded(message)).blocks.map(({ type }) => type),
      ['header', 'rich_text', 'divider', 'rich_text'],
    );
    assert.equal(unfolded(messageOf()).body.length, 2);
  });

  it('as plain text keeps lines and bullets', () => {
    const body = [heading('Title & more'), list('a', 'b'), { type: 'code' as const, value: 'x <y>' }];
    assert.equal(renderPlain(messageOf({ body })).text, '🔴 Title &amp; more\n• a\n• b\nx &lt;y&gt;');
  });
});
