import assert from 'node:assert/strict';
import { hideSecrets, maskUrl, secretTexts } from '../../src/config/mask.ts';

describe('mask', () => {
  const table: readonly (readonly [string, string])[] = [
    ['post to https://hooks.slack.com/services/T0/B0/abc failed', 'post to https://*** failed'],
    ['smtp://me:pa/ss@mail:587', 'smtp://***'],
    ['hooks.slack.com/services/T0/B0/abc', '***'],
    ['found "discord.com/api/webhooks/1/abc"', 'found "***"'],
    ['token xoxb-1-2-abc and xapp-1-A-b', 'token *** and ***'],
    ['configs/exp/a.py at 12:30', 'configs/exp/a.py at 12:30'],
  ];
  for (const [text, hidden] of table) it(`hides in: ${text}`, () => assert.equal(hideSecrets(text), hidden));

  it('keeps scheme and host of an address', () => {
    assert.equal(maskUrl('https://hooks.slack.com/services/T0/B0/abc'), 'https://hooks.slack.com/***');
    assert.equal(maskUrl('smtps://me:secret@mail.example:465'), 'smtps://mail.example:465/***');
    assert.equal(maskUrl('no address'), '***');
  });

  it('lists the parts of a secret that errors quote alone, longest first', () => {
    const smtp = 'smtp://me:p%40ssword@mail:587';
    assert.deepEqual(secretTexts([smtp, null, 'xoxb-1']), [smtp, 'p%40ssword', 'p@ssword', 'xoxb-1']);
    const hook = 'https://hooks.slack.com/services/T0/B0/abc';
    assert.deepEqual(secretTexts([hook, hook]), [hook, '/services/T0/B0/abc']);
  });

  it('leaves out what would blank half of every log', () => {
    assert.deepEqual(secretTexts(['a', '', 'https://a.example/']), ['https://a.example/']);
    assert.deepEqual(secretTexts(['smtp://u:%zz%@mail']), ['smtp://u:%zz%@mail', '%zz%']);
  });
});
