import assert from 'node:assert/strict';
import { writeMarkdown } from '../../src/messages/markdown.ts';
import { readTree } from '../../src/messages/tree.ts';

const PLAN = `# Daily Summary - 2024-01-15

## Experiment Statistics

- **Total Active Experiments**: 48
  - Running: 12
  - Finished Today: 15
- **GPU Usage**:
  - Peak: 95.2% (14:32)
  - Idle GPUs: 4/20 (20%)

## Key Events

- 14:15 - Removed stuck process: configs/exp/model_v2.py (no progress for 3 hours)
- 16:30 - Cleaned 5 outdated runs (>120 days old)
- 18:45 - Error in configs/exp/view.py: CUDA out of memory

1. one
2. two

> quoted
>
> - list

\`\`\`
log
\`\`\`

| Run | Done |
| --- | ---: |
| a   |    1 |

---

More: [docs](https://x.example/a)
`;

describe('writeMarkdown', () => {
  it('writes what reads as it was written', () => {
    assert.equal(writeMarkdown(readTree({ markdown: PLAN, values: [] })), PLAN);
  });

  const literal: [text: string, markdown: string][] = [
    ['configs/exp/ablation_1.py', 'configs/exp/ablation_1.py'],
    ['new.py', 'new.py'],
    ['www.x.example', 'www\\.x.example'],
    ['https://x.example', 'https\\://x.example'],
    ['**a**', '\\*\\*a\\*\\*'],
    ['a\\.b', 'a\\\\.b'],
    ['w\\.b', 'w\\\\.b'],
    ['# a', '\\# a'],
    ['<b>', '\\<b>'],
    ['&amp;', '\\&amp;'],
  ];
  for (const [text, markdown] of literal) {
    it(`keeps ${text} literal`, () => {
      const blocks = [{ type: 'paragraph', children: [{ type: 'text', value: text }] }] as const;
      assert.equal(writeMarkdown(blocks), `${markdown}\n`);
      assert.deepEqual(readTree({ markdown, values: [] }), blocks);
    });
  }
});
