import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Block } from '../../../src/domain/message.ts';
import { plainText } from '../../../src/domain/message.ts';
import { fitBlocks } from '../../../src/edge/channels/fit.ts';
import { CUT_MARK } from '../../../src/edge/channels/text.ts';
import { code, everyNode, list, paragraph, table } from '../../contracts/messages.ts';

function shown(blocks: readonly Block[]): string {
  return blocks.map(shownBlock).join('\n');
}

function shownBlock(block: Block): string {
  if ('value' in block) return block.value;
  if (block.type === 'paragraph' || block.type === 'heading') return plainText(block.children);
  if (block.type === 'list') return block.children.map((item) => shown(item.children)).join('\n');
  if (block.type === 'blockquote') return shown(block.children);
  if (block.type !== 'table') return '';
  return block.children.flatMap((row) => row.children.map((cell) => plainText(cell.children))).join(' ');
}

function size(blocks: readonly Block[]): number {
  return shown(blocks).length;
}

describe('channels: fit', () => {
  it('leaves alone what fits', () => {
    const { body } = everyNode();
    assert.equal(fitBlocks(body, 1_000, size), body);
  });

  for (const [name, blocks] of Object.entries<readonly Block[]>({
    'a paragraph': [paragraph('word '.repeat(100))],
    'several blocks': [paragraph('word '.repeat(10)), code('line\n'.repeat(100)), paragraph('last')],
    'a list': [list([...Array(100).keys()].map((n) => `item ${n}`))],
    'a table': [table([...Array(100).keys()].map((n) => [`a${n}`, `b${n}`]))],
    'a quote': [{ type: 'blockquote', children: [paragraph('word '.repeat(100))] }],
  })) {
    it(`cuts ${name} as late as may be`, () => {
      const fitted = fitBlocks(blocks, 200, size);
      assert.ok(size(fitted) <= 200);
      assert.ok(size(fitted) > 180, String(size(fitted)));
      assert.deepEqual(fitted.at(-1), paragraph(CUT_MARK));
      assert.ok(shown(blocks).startsWith(shown(fitted.slice(0, -1)).trimEnd().slice(0, 150)));
    });
  }

  it('never exceeds the limit and never halves a character', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { maxLength: 20 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 20, max: 300 }), (words, max) => {
        const fitted = fitBlocks([list(words), ...words.map((word) => paragraph(word))], max, size);
        assert.ok(size(fitted) <= max);
        assert.ok(!/\p{Surrogate}/u.test(shown(fitted)));
      }),
      { numRuns: 200 },
    );
  });
});
