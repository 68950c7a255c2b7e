import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { openLog } from '../../src/util/log.ts';
import { createRedactor } from '../../src/util/redact.ts';
import { useTempFolder } from '../support/temp.ts';

describe('log', () => {
  const folder = useTempFolder();

  it('writes readable lines for people and JSON lines in files, without secrets in either', async () => {
    let seen = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        seen += chunk;
        done();
      },
    });
    const redact = createRedactor(['s3cret-value'], []);
    const { logger, close } = await openLog({
      level: 'info',
      folder: folder.path,
      terminal: { stream, color: false, level: 'info' },
      redact,
    });
    logger.info({ host: 'gpu1', token: 's3cret-value' }, 'host lost');
    logger.error({ err: new Error('refused with s3cret-value') }, 'failed');
    logger.debug({}, 'too fine');
    await close();
    const [name = ''] = readdirSync(folder.path).filter((file) => file.endsWith('.jsonl'));
    assert.match(name, /^pylon\.\d{4}-\d{2}-\d{2}\.\d+\.jsonl$/);
    const lines = readFileSync(join(folder.path, name), 'utf8').trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).msg),
      ['host lost', 'failed'],
    );
    assert.equal(JSON.parse(lines[0] ?? '').token, '***');
    assert.match(seen, /INFO.*host lost/);
    for (const text of [seen, lines.join()]) assert.ok(!text.includes('s3cret-value'));
  });
});

const masked: [string, string][] = [
  ['xoxb-1234567890-abcdef', '***'],
  ['token xapp-1-A111-2222-abcdef end', 'token *** end'],
  ['https://hooks.slack.com/services/T000/B000/XXXXXXXX', 'https://hooks.slack.com/services/***'],
  ['https://discord.com/api/webhooks/123456/abc-DEF_1', 'https://discord.com/api/webhooks/123456/***'],
  ['smtps://bot:hunter2@mail.lab.example:465', 'smtps://bot:***@mail.lab.example:465'],
  ['WANDB_API_KEY=0123456789abcdef python main.py', 'WANDB_API_KEY=*** python main.py'],
  ['--hf-token hf_ABCDEFGHIJKLMNOPQRST', '--hf-token ***'],
  ['"password": "hunter22"', '"password": "***"'],
  ['Authorization: Bearer abcdefgh', 'Authorization: Bearer ***'],
  ['canary-value here', '*** here'],
  ['my_own_7 here', '*** here'],
  [
    'python main.py --config-filepath configs/token_mixer.py',
    'python main.py --config-filepath configs/token_mixer.py',
  ],
  ['an ordinary line with tokens: 12', 'an ordinary line with tokens: 12'],
];

describe('redactor', () => {
  const redact = createRedactor(['canary-value', 'short'], ['my_own_\\d']);
  for (const [text, expected] of masked) {
    it(text, () => assert.equal(redact(text), expected));
  }

  it('leaves values alone that are too short to be secrets', () => {
    assert.equal(redact('a short run'), 'a short run');
  });
});
