import assert from 'node:assert/strict';
import { good, lines, load, removeFolders } from './folder.ts';

const HOOK = 'https://hooks.slack.com/services/T0/B0/abc';
const DISCORD_HOOK = 'https://discord.com/api/webhooks/1/abc';
const TOKENS = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', SMTP_URL: 'smtp://mail.example' };

describe('receivers', () => {
  afterEach(removeFolders);

  it('reads every place that a message can go to', () => {
    const text = `
receivers:
  - {name: a, slack: '#gpu'}
  - {name: b, slack: C0123456}
  - {name: c, slack: '\${HOOK}'}
  - {name: d, discord: '${DISCORD_HOOK}'}
  - {name: e, email: [a@lab.example, b@localhost]}
  - {name: f, console: true}
  - {name: g, slack: 'http://127.0.0.1:8080/hook'}
`;
    const { config, notices } = good(load(text, { ...TOKENS, HOOK }));
    assert.deepEqual(notices, []);
    assert.deepEqual(
      config.receivers.map(({ destination }) => destination),
      [
        { kind: 'slack', channel: '#gpu' },
        { kind: 'slack', channel: 'C0123456' },
        { kind: 'slack-webhook', url: HOOK },
        { kind: 'discord-webhook', url: DISCORD_HOOK },
        { kind: 'email', to: ['a@lab.example', 'b@localhost'] },
        { kind: 'console' },
        { kind: 'slack-webhook', url: 'http://127.0.0.1:8080/hook' },
        { kind: 'console' },
      ],
    );
    assert.ok(config.receivers.slice(0, -1).every(({ hears }) => hears === null));
    assert.deepEqual(
      config.secrets.filter((secret) => secret.startsWith('http')),
      [HOOK, DISCORD_HOOK, 'http://127.0.0.1:8080/hook'],
    );
  });

  it('makes receivers of the plan’s own switches, which hear digests and critical alerts', () => {
    const text = `
summary:
  notifications:
    email: {enabled: true, recipients: [pi@lab.example]}
    slack: {enabled: true, webhook_url: '${HOOK}'}
    discord: {enabled: true, webhook_url: '${DISCORD_HOOK}'}
routes: [{receivers: [summary-slack]}]
`;
    const { config } = good(load(text, TOKENS));
    assert.deepEqual(
      config.receivers.map(({ name }) => name),
      ['summary-email', 'summary-slack', 'summary-discord', 'terminal'],
    );
    assert.deepEqual(config.receivers[1], {
      name: 'summary-slack',
      destination: { kind: 'slack-webhook', url: HOOK },
      hears: [[{ label: 'kind', op: '=', value: 'digest' }], [{ label: 'severity', op: '=', value: 'critical' }]],
    });
    assert.equal(config.routes.length, 1);
  });

  it('leaves out what is switched off, addresses and all', () => {
    const { config } = good(load(`summary: {notifications: {slack: {webhook_url: '${HOOK}'}}}`));
    assert.deepEqual(
      config.receivers.map(({ name }) => name),
      ['terminal'],
    );
    assert.ok(config.secrets.includes(HOOK));
  });

  it('reports and leaves out those without a token, and starts all the same', () => {
    const result = load(`
receivers:
  - {name: a, slack: '#gpu'}
  - {name: b, email: [a@lab.example]}
  - {name: c, console: true}
routes:
  - {match: [kind=digest], receivers: [b]}
  - {receivers: [a, c, terminal]}
summary: {notifications: {email: {enabled: true, recipients: [a@lab.example]}}}
`);
    assert.deepEqual(lines(result), [
      'pylon.yaml:3: receivers[0].slack: SLACK_BOT_TOKEN is not set; the receiver a is off',
      'pylon.yaml:4: receivers[1].email: SMTP_URL is not set; the receiver b is off',
      'pylon.yaml:9: summary.notifications.email: SMTP_URL is not set; the receiver summary-email is off',
    ]);
    const { config } = good(result);
    assert.deepEqual(
      config.receivers.map(({ name }) => name),
      ['c', 'terminal'],
    );
    assert.deepEqual(
      config.routes.map(({ receivers }) => receivers),
      [[], ['c', 'terminal']],
    );
  });

  it('sends everything to all receivers where there are no routes', () => {
    const { config } = good(load("receivers: [{name: a, slack: '#a'}, {name: b, console: true}]", TOKENS));
    assert.deepEqual(config.routes, [
      {
        match: [],
        receivers: ['a', 'b'],
        groupBy: ['rule', 'project', 'host'],
        groupWaitMs: null,
        groupIntervalMs: 60_000,
      },
    ]);
  });

  it('reads routes', () => {
    const { config } = good(
      load(
        'routes: [{match: [severity=critical, "host=~gpu.*"], receivers: [terminal], group_by: [project], group_wait: 0s}, {receivers: [terminal], group_by: []}]',
      ),
    );
    assert.deepEqual(config.routes, [
      {
        match: [
          { label: 'severity', op: '=', value: 'critical' },
          { label: 'host', op: '=~', value: 'gpu.*' },
        ],
        receivers: ['terminal'],
        groupBy: ['project'],
        groupWaitMs: 0,
        groupIntervalMs: 60_000,
      },
      { match: [], receivers: ['terminal'], groupBy: [], groupWaitMs: null, groupIntervalMs: 60_000 },
    ]);
  });
});
