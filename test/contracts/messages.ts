import type { Block, Inline, Message, TableRow } from '../../src/domain/message.ts';

export function text(value: string): Inline {
  return { type: 'text', value };
}

export function paragraph(...children: (string | Inline)[]): Block {
  return { type: 'paragraph', children: children.map((child) => (typeof child === 'string' ? text(child) : child)) };
}

export function heading(value: string, depth: 1 | 2 | 3 | 4 | 5 | 6 = 1): Block {
  return { type: 'heading', depth, children: [text(value)] };
}

export function list(items: readonly (string | Block)[], ordered = false): Block {
  return {
    type: 'list',
    ordered,
    children: items.map((item) => ({
      type: 'listItem',
      children: [typeof item === 'string' ? paragraph(item) : item],
    })),
  };
}

export function table(rows: readonly (readonly string[])[], align: ('left' | 'right' | 'center' | null)[] = []): Block {
  const children: TableRow[] = rows.map((cells) => ({
    type: 'tableRow',
    children: cells.map((cell) => ({ type: 'tableCell', children: [text(cell)] })),
  }));
  return { type: 'table', align, children };
}

export function code(value: string, lang: string | null = null): Block {
  return { type: 'code', lang, value };
}

export function message(over: Partial<Message> = {}): Message {
  const title = over.title ?? 'Run failed: configs/exp/a.py';
  return {
    kind: 'alert',
    severity: 'critical',
    resolved: false,
    title,
    body: [heading(title), paragraph('Something happened.')],
    details: [],
    alertIds: ['a1'],
    ...over,
  };
}

/** One of every node there is, each with a word of its own. */
export function everyNode(): Message {
  return message({
    title: 'Every node',
    body: [
      heading('Every node'),
      heading('Second-level', 2),
      heading('Fifth-level', 5),
      paragraph(
        'plainword ',
        { type: 'strong', children: [text('strongword')] },
        ' ',
        { type: 'emphasis', children: [text('emphasisword')] },
        ' ',
        { type: 'delete', children: [text('deletedword')] },
        ' ',
        { type: 'inlineCode', value: 'inlinecodeword' },
        { type: 'break' },
        { type: 'link', url: 'https://lab.example/runs', children: [text('linkword')] },
      ),
      list(['bulletword', list(['nestedword'])]),
      list(['firstword', 'secondword'], true),
      code('x = "codeword"', 'python'),
      { type: 'blockquote', children: [paragraph('quoteword')] },
      { type: 'thematicBreak' },
      table(
        [
          ['GPU', 'Memory'],
          ['cellword', '78 GiB'],
        ],
        ['left', 'right'],
      ),
    ],
    details: [paragraph('detailword')],
  });
}

export const NODE_WORDS = [
  ...['Every node', 'Second-level', 'Fifth-level', 'plainword', 'strongword', 'emphasisword', 'deletedword'],
  ...['inlinecodeword', 'linkword', 'bulletword', 'nestedword', 'firstword', 'secondword', 'codeword', 'quoteword'],
  ...['cellword', '78 GiB', 'detailword'],
];

/** What arrives in run names, logs and command lines, and what must be seen of it. */
export const HOSTILE: readonly { readonly value: string; readonly shows?: string }[] = [
  { value: '@everyone' },
  { value: '@here now' },
  { value: '<@123456789012345678>' },
  { value: '<@&123456789012345678>' },
  { value: '<#123456789012345678>' },
  { value: '<!channel>' },
  { value: '<!here|here>' },
  { value: '<!subteam^S0123|team>' },
  { value: '<@U0123ABCD>' },
  { value: '</status:123456789012345678>' },
  { value: '<t:1700000000:R>' },
  { value: '<a:party:123456789012345678>' },
  { value: ':tada: :white_check_mark:' },
  { value: '<https://evil.example|Approve>' },
  { value: '<mailto:evil@evil.example|mail>' },
  { value: '[Approve](https://evil.example)' },
  { value: '![x](https://evil.example/x.png)' },
  { value: 'https://evil.example/x_y_z' },
  { value: 'javascript:alert(1)' },
  { value: '<script>alert(1)</script>' },
  { value: '<img src=x onerror=alert(1)>' },
  { value: '"><svg onload=alert(1)>' },
  { value: '**bold** __under__ _it_ *it* ~~no~~ ||spoiler||' },
  { value: '`code` and ``more``' },
  { value: '```js fence```' },
  { value: '# heading' },
  { value: '-# small' },
  { value: '> quote' },
  { value: '>>> quote' },
  { value: '- item' },
  { value: '+ item' },
  { value: '12. item' },
  { value: '\\' },
  { value: '\\*x\\*' },
  { value: '&amp; &lt;b&gt; &#60;' },
  { value: '{{ title }} {% raw %} {{ details }}' },
  { value: '$& $1 $(id) $PATH `id`' },
  { value: 'x\r\nBcc: evil@evil.example', shows: 'Bcc: evil@evil.example' },
  { value: 'x%0d%0aBcc: evil@evil.example' },
  { value: 'NUL\0here', shows: 'here' },
  { value: '\x1b[31mred\x1b[0m', shows: 'red' },
  { value: '\x1b]0;title\x07bell', shows: 'bell' },
  { value: '\u202egnp.exe', shows: 'gnp.exe' },
  { value: 'half \ud83d', shows: 'half \ufffd' },
];

/** As an out-of-memory failure is told. */
export function oomAlert(): Message {
  const title = 'Run failed: out of GPU memory in configs/exp/lidar_large.py';
  return message({
    title,
    body: [
      heading(title),
      paragraph(
        'Project ',
        { type: 'strong', children: [text('pylon')] },
        ' on ',
        { type: 'strong', children: [text('alice@gpu1:22')] },
        ', 14 of 100 epochs done. It stopped 3 minutes ago.',
      ),
      paragraph('CUDA out of memory: GPU 0 was asked for 2.50 GiB with 1.12 GiB free.'),
      table(
        [
          ['GPU', 'Model', 'Memory', 'Use'],
          ['0', 'NVIDIA H100 80GB', '78.0 of 79.1 GiB', '97 %'],
          ['1', 'NVIDIA H100 80GB', '12.4 of 79.1 GiB', '41 %'],
        ],
        ['right', 'left', 'right', 'right'],
      ),
      list(['Last epoch: 14 (batch size 16)', 'Log: logs/exp/lidar_large/train_val_2.log']),
    ],
    details: [
      heading('End of the log', 2),
      code(
        [
          'Traceback (most recent call last):',
          '  File "trainers/base_trainer.py", line 214, in _train_step',
          '    loss.backward()',
          'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB (GPU 0; 79.10 GiB total)',
        ].join('\n'),
      ),
      paragraph('Alert ', { type: 'inlineCode', value: 'a7f3c2' }, ', run-failed, since 2026-01-15 12:03 UTC.'),
    ],
    alertIds: ['a7f3c2'],
  });
}
