import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cleanText, oneLine } from '../../src/messages/clean.ts';
import { writeMarkdown } from '../../src/messages/markdown.ts';
import { readTree } from '../../src/messages/tree.ts';
import { blocksOf, realRenderer, skeleton, texts } from './helpers.ts';
import { PAYLOADS } from './payloads.ts';
import { content, SAMPLES } from './samples.ts';

/** Fields that code chooses, and by which the templates decide what to say. */
const CHOSEN = new Set(
  ['schema', 'severity', 'state', 'status', 'reason', 'rule', 'id'].concat([
    'at',
    'since',
    'starts_at',
    'ends_at',
    'started_at',
    'start_time',
    'low',
    'high',
  ]),
);
const HARMLESS = 'harmless';
/** The longest that every template shows whole: `probe` cuts command lines. */
const SHOWN_WHOLE = 200;

const renderer = realRenderer();

function withText(data: unknown, text: string): unknown {
  if (typeof data === 'string') return text;
  if (Array.isArray(data)) return data.map((entry) => withText(entry, text));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, CHOSEN.has(key) ? value : withText(value, text)]),
  );
}

function render(name: string, text: string) {
  const sample = SAMPLES[name]!;
  const message = renderer.render({ ...sample, data: withText(sample.data, text) as typeof sample.data });
  return { message, blocks: blocksOf(message) };
}

function occurrences(haystack: readonly string[], needle: string): number {
  return haystack.reduce((count, text) => count + oneLine(text).split(needle).length - 1, 0);
}

describe('hostile text in every field', () => {
  for (const name of Object.keys(SAMPLES)) {
    it(`stays literal in: ${name}`, () => {
      const harmless = render(name, HARMLESS);
      const expected = skeleton(harmless.blocks);
      const times = occurrences(texts(harmless.blocks), HARMLESS);
      for (const payload of PAYLOADS) {
        const { message, blocks } = render(name, payload);
        const shown = oneLine(cleanText(payload)).trim();
        assert.deepEqual(skeleton(blocks), expected, `another structure for ${JSON.stringify(payload.slice(0, 80))}`);
        const least = payload.length <= SHOWN_WHOLE ? times : Math.min(times, 1);
        assert.ok(occurrences(texts(blocks), shown) >= least, `not literal: ${JSON.stringify(payload.slice(0, 80))}`);
        assert.ok(message.title.length <= 150 && !message.title.includes('\n'));
      }
    });
  }

  it('stays literal whatever it is made of, and in the Markdown as well', () => {
    const part = fc.constantFrom(
      ...'*_`[]()<>&!#|\\~-+=.:/@ \n\t"\'aZ0é',
      'https://',
      'www.',
      '1.',
      '&amp;',
      'x@y.z',
      '\u00a0',
      '😀',
      '\ufdd0',
      '{{',
      '%}',
    );
    const text = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    const name = fc.constantFrom(...Object.keys(SAMPLES));
    fc.assert(
      fc.property(name, text, (sample, rest) => {
        const { blocks } = render(sample, `${rest}.`);
        assert.deepEqual(skeleton(blocks), skeleton(render(sample, HARMLESS).blocks));
        assert.deepEqual(readTree({ markdown: writeMarkdown(blocks), values: [] }), blocks);
      }),
      { numRuns: 500 },
    );
  });

  it('is not a time, a number or a count', () => {
    const run = { config: 'c', completed_epochs: 1, total_epochs: 2, early_stopped: false, host: 'h' };
    const message = renderer.render(
      content('run-finished', { project: 'p', runs: [{ ...run, at: '2026-11-24T13:32<!channel>' }] }),
    );
    assert.ok(texts(message.body).includes('p · h · ?'));
  });

  it('cannot name a rule into Markdown', () => {
    for (const rule of ['run-**failed**', '<!channel>', '__proto__', 'a-[x](https://evil.example)']) {
      for (const sample of Object.values(SAMPLES)) {
        if (!sample.template.startsWith('alert')) continue;
        const named = JSON.parse(JSON.stringify(sample.data).replaceAll('"run-failed"', JSON.stringify(rule)));
        const message = renderer.render({ ...sample, data: named });
        assert.deepEqual(skeleton(blocksOf(message)), skeleton(blocksOf(renderer.render(sample))));
      }
    }
  });
});
