import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LIMITS, renderEmbeds } from '../../../../src/edge/channels/discord/render.ts';
import { CUT_MARK } from '../../../../src/edge/channels/text.ts';
import { code, everyNode, HOSTILE, message, oomAlert, paragraph } from '../../../contracts/messages.ts';
import { faultsOf } from '../../../fakes/discord/rules.ts';

describe('discord: embeds', () => {
  it('has a title, a colour, and the details by themselves', () => {
    const [main, details, ...others] = renderEmbeds(oomAlert());
    assert.equal(others.length, 0);
    assert.equal(main?.title, '🔴 Run failed: out of GPU memory in configs/exp/lidar\\_large.py');
    assert.equal(main.color, 0xd0021b);
    assert.match(main.description ?? '', /^Project \*\*pylon\*\* on \*\*alice@gpu1:22\*\*/);
    assert.match(details?.description ?? '', /^## End of the log\n\n```\nTraceback/);
    assert.equal(details?.color, 0xd0021b);
    assert.ok(!('title' in details));
  });

  it('is green when it is over and has no colour when it is no alert', () => {
    assert.equal(renderEmbeds(message({ resolved: true }))[0]?.color, 0x2eb67d);
    assert.ok(!('color' in (renderEmbeds(message({ severity: null }))[0] ?? {})));
  });

  it('gives an answer no title', () => {
    const embeds = renderEmbeds(message({ severity: null, title: 'All well', body: [paragraph('All well')] }));
    assert.deepEqual(embeds, [{ description: 'All well' }]);
  });

  it('always says something', () => {
    assert.deepEqual(renderEmbeds(message({ severity: null, title: '', body: [] })), [{ description: '(no text)' }]);
  });

  it('fills the room there is and marks the cut', () => {
    const long = paragraph('word_ '.repeat(5_000));
    const [main, details] = renderEmbeds(
      message({ title: '_'.repeat(1_000), body: [long], details: [long, code('x')] }),
    );
    const texts = [main?.title ?? '', main?.description ?? '', details?.description ?? ''];
    for (const text of texts) assert.ok(text.endsWith(CUT_MARK));
    const lengths = texts.map((text) => text.length);
    assert.equal(lengths[0], LIMITS.title);
    assert.ok((lengths[1] ?? 0) > LIMITS.description - 20);
    const all = lengths.reduce((sum, length) => sum + length, 0);
    assert.ok(all <= LIMITS.allEmbeds && all > LIMITS.allEmbeds - 20, String(all));
  });

  const schemaFile = process.env.DISCORD_OPENAPI;
  it('is what the published schema describes (DISCORD_OPENAPI names the file)', function () {
    if (schemaFile === undefined) {
      this.test!.title += ' SKIPPED: it is not set';
      return this.skip();
    }
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'discord', ...JSON.parse(readFileSync(schemaFile, 'utf8')) });
    const post = ajv.getSchema('discord#/components/schemas/IncomingWebhookRequestPartial');
    const edit = ajv.getSchema('discord#/components/schemas/IncomingWebhookUpdateRequestPartial');
    assert.ok(post && edit);
    for (const given of [everyNode(), oomAlert(), ...HOSTILE.map(({ value }) => message({ title: value }))]) {
      const body = { embeds: renderEmbeds(given), allowed_mentions: { parse: [] } };
      assert.ok(post(body), JSON.stringify(post.errors));
      assert.ok(edit(body), JSON.stringify(edit.errors));
      assert.deepEqual(faultsOf(body), []);
    }
    return undefined;
  });
});
