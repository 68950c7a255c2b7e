import assert from 'node:assert/strict';
import { effectiveConfig } from '../../src/config/effective.ts';
import { good, load, removeFolders } from './folder.ts';

const TOKENS = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', SMTP_URL: 'smtp://me:s3cret@mail.example' };

const TEXTS: readonly string[] = [
  '',
  'hosts: [{name: ws}, {name: gpu1, ssh: "alice@gpu1:22", gpus: [0, 3], probe_interval: 90s}]',
  `
time_zone: Asia/Tokyo
projects:
  - {name: a, outdated_days: null, epochs: 5, sleep_time: 60}
  - {name: b, outdated_date: 2026-03-29, configs: ['a/{b,c}/*.py'], expected_files: [x.pt]}
  - {name: c, outdated_days: 3, launcher_log: x.log}
`,
  `
receivers: [{name: a, slack: '#gpu'}, {name: b, email: [a@lab.example]}, {name: c, console: true}]
routes: [{match: ['run="a b "', 'host!~x'], receivers: [a, terminal], group_wait: 30s}, {receivers: [b, c], group_by: []}]
summary: {enabled: false, notifications: {email: {enabled: true, recipients: [a@lab.example]}}}
rules: {run-stuck: {enabled: false, severity: warning, for: 1h}}
channels: {slack: {mode: http}, email: {from: 'Pylon <a@lab.example>'}}
redact: ['wandb_key=\\S+']
privacy: {users: false}
templates_dir: mine
thresholds: {near_completion: 75.5}
`,
];

describe('effectiveConfig', () => {
  afterEach(removeFolders);

  for (const text of TEXTS) {
    it(`reads back as what it shows of ${JSON.stringify(text)}`, () => {
      const { config } = good(load(text, TOKENS));
      const again = good(load(effectiveConfig(config), TOKENS)).config;
      assert.deepEqual({ ...again, file: config.file }, config);
    });
  }

  it('shows where webhooks go without their secret', () => {
    const shown = effectiveConfig(
      good(
        load(`
receivers: [{name: a, slack: 'https://hooks.slack.com/services/s3cret'}, {name: b, discord: 'https://discord.com/api/webhooks/s3cret'}]
summary: {notifications: {slack: {enabled: true, webhook_url: 'https://hooks.slack.com/s3cret'}}}
`),
      ).config,
    );
    assert.doesNotMatch(shown, /s3cret/);
    assert.match(shown, /slack: https:\/\/hooks\.slack\.com\/\*\*\*/);
    assert.match(shown, /discord: https:\/\/discord\.com\/\*\*\*/);
    assert.match(shown, /webhook_url: https:\/\/hooks\.slack\.com\/\*\*\*/);
  });

  it('says which variables are set, and which file was read', () => {
    const { config } = good(load('', { SLACK_BOT_TOKEN: 'xoxb-1', LOG_LEVEL: 'debug' }));
    const comments = effectiveConfig(config)
      .split('\n')
      .filter((line) => line.startsWith('#'));
    assert.deepEqual(comments, [
      `# From ${JSON.stringify(config.file)}.`,
      '# SLACK_BOT_TOKEN: set, SLACK_APP_TOKEN: not set, SLACK_SIGNING_SECRET: not set',
      '# DISCORD_TOKEN: not set',
      '# SMTP_URL: not set',
      '# LOG_LEVEL: debug',
    ]);
    assert.match(effectiveConfig({ ...config, file: null }), /^# From the defaults: there is no pylon\.yaml\.\n/);
  });
});
