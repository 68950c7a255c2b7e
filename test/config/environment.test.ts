import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { checkVariables, VARIABLES } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import { everythingShown, folderWith, good, lines, removeFolders } from './folder.ts';

describe('environment', () => {
  afterEach(removeFolders);

  it('takes tokens from .env, over which the environment wins', () => {
    const cwd = folderWith({
      '.env': 'SLACK_BOT_TOKEN=xoxb-file\nSLACK_APP_TOKEN="xapp-file" # note\nLOG_LEVEL=debug\n',
    });
    const { config } = good(loadConfig({ cwd, env: { SLACK_BOT_TOKEN: 'xoxb-env', LOG_LEVEL: undefined } }));
    assert.equal(config.channels.slack.botToken, 'xoxb-env');
    assert.equal(config.channels.slack.appToken, 'xapp-file');
    assert.equal(config.logLevel, 'debug');
    assert.deepEqual(config.secrets, ['xapp-file', 'xoxb-env']);
  });

  it('looks for .env beside pylon.yaml first, then in the working directory', () => {
    const cwd = folderWith({
      '.env': 'LOG_LEVEL=warn',
      'a/pylon.yaml': '',
      'a/.env': 'LOG_LEVEL=error',
      'b/pylon.yaml': '',
    });
    const level = (file: string) => good(loadConfig({ cwd, env: { PYLON_CONFIG: file } })).config.logLevel;
    assert.deepEqual([level('a/pylon.yaml'), level('b/pylon.yaml')], ['error', 'warn']);
  });

  it('takes an empty variable for none', () => {
    const env = { SLACK_BOT_TOKEN: '', SMTP_URL: '', LOG_LEVEL: '', PYLON_CONFIG: '' };
    const { config } = good(loadConfig({ cwd: folderWith({}), env }));
    assert.deepEqual([config.channels.slack.botToken, config.channels.email.smtpUrl], [null, null]);
    assert.equal(config.logLevel, 'info');
  });

  const bad: readonly (readonly [string, string, string])[] = [
    [
      'LOG_LEVEL',
      'inf',
      'environment: LOG_LEVEL: found "inf"; expected one of trace, debug, info, warn, error, fatal, silent; did you mean "info"?',
    ],
    [
      'SLACK_API_URL',
      'slack.example',
      'environment: SLACK_API_URL: found "slack.example"; expected an http:// or https:// address',
    ],
    [
      'DISCORD_API_URL',
      'ws://discord',
      'environment: DISCORD_API_URL: found "ws://***"; expected an http:// or https:// address',
    ],
    [
      'SMTP_URL',
      'user:pass@mail',
      'environment: SMTP_URL: unusable; expected an smtp: or smtps: address with user, password, host and port',
    ],
    [
      'SMTP_URL',
      'https://user:pass@mail',
      'environment: SMTP_URL: unusable; expected an smtp: or smtps: address with user, password, host and port',
    ],
  ];
  for (const [name, value, line] of bad) {
    it(`refuses ${name}=${value}`, () => {
      assert.deepEqual(lines(loadConfig({ cwd: folderWith({}), env: { [name]: value } })), [line]);
    });
  }

  it('shows no secret of the environment anywhere', () => {
    const env = {
      SLACK_BOT_TOKEN: 'bot-s3cret',
      SLACK_APP_TOKEN: 'app-s3cret',
      SLACK_SIGNING_SECRET: 'sign-s3cret',
      DISCORD_TOKEN: 'discord-s3cret',
      SMTP_URL: 'smtp://me:mail-s3cret@mail.example',
      PYLON_COLLECTOR_TOKEN: 'collector-s3cret',
    };
    const result = loadConfig({ cwd: folderWith({}), env });
    assert.doesNotMatch(everythingShown(result), /s3cret/);
    assert.match(everythingShown(result), /SMTP_URL: smtp:\/\/mail\.example\/\*\*\*/);
    for (const value of Object.values(env)) assert.ok(good(result).config.secrets.includes(value));
    assert.ok(good(result).config.secrets.includes('mail-s3cret'));
  });

  it('survives a .env that is none', () => {
    const cwd = folderWith({ '.env/': '' });
    assert.deepEqual(lines(loadConfig({ cwd, env: {} })), []);
    assert.deepEqual(lines(loadConfig({ cwd: folderWith({ '.env': '\0=\n===\n"' }), env: {} })), []);
  });
});

describe('.env.example', () => {
  const text = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8');
  const variables = parseEnv(text.replace(/^#(?=[A-Z_]+=)/gm, ''));

  it('names every variable that is read, with values that are allowed', () => {
    assert.deepEqual(Object.keys(variables).sort(), Object.keys(VARIABLES).sort());
    assert.deepEqual(checkVariables(variables as Record<string, string>), []);
  });

  it('sets nothing as it is', () => assert.deepEqual({ ...parseEnv(text) }, {}));
});
