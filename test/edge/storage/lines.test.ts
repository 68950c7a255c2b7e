import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readLines } from '../../../src/edge/storage/lines.ts';

async function linesOf(chunks: readonly string[]): Promise<string[]> {
  async function* stream() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of readLines(stream())) lines.push(line);
  return lines;
}

describe('readLines', () => {
  it('gives the same lines however the text is cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r') });
    await fc.assert(
      fc.asyncProperty(fc.array(text), async (chunks) => {
        assert.deepEqual(
          await linesOf(chunks),
          chunks
            .join('')
            .split('\n')
            .filter((line) => line !== ''),
        );
      }),
    );
  });
});
