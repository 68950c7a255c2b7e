import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describeProblem, loadConfig } from '../../src/config/load.ts';
import { everythingShown, folderWith, good, lines, load, removeFolders } from './folder.ts';

const NO_EFFECT = 'not yet supported; it has no effect';

/** Settings without effect so far, and the one line that says so. */
const NOT_YET: readonly (readonly [string, string])[] = [
  ['summary: {after_idle: 2h}', `summary.after_idle: ${NO_EFFECT}`],
  ['channels: {slack: {mode: http}}', 'channels.slack.mode: http is not yet supported; commands in Slack are off'],
  ['channels: {slack: {port: 3000}}', `channels.slack.port: ${NO_EFFECT}`],
  ['channels: {slack: {path: /events}}', `channels.slack.path: ${NO_EFFECT}`],
  ["channels: {discord: {guild: '1'}}", 'channels.discord.guild: not yet supported; commands in Discord are off'],
  [
    "receivers: [{name: a, discord: '123'}]",
    'receivers[0].discord: channels of Discord are not yet supported, webhooks are; the receiver a is off',
  ],
  [
    'receivers: [{name: a, webhook: "https://a.example/b"}]',
    'receivers[0].webhook: not yet supported; this receiver is off',
  ],
  [
    "receivers: [{name: a, console: true, quiet_hours: '22:00-08:00'}]",
    'receivers[0].quiet_hours: not yet supported; this receiver hears at any hour',
  ],
  ['routes: [{receivers: [terminal], repeat_interval: 4h}]', `routes[0].repeat_interval: ${NO_EFFECT}`],
  ['people: [{name: alice}]', `people: ${NO_EFFECT}`],
  ['collector: {enabled: true}', 'collector.enabled: not yet supported; the collector is off'],
  ["collector: {listen: '0.0.0.0:5001'}", `collector.listen: ${NO_EFFECT}`],
  ["http: {listen: '[::1]:80'}", `http.listen: ${NO_EFFECT}`],
  ['heartbeat: {url: "https://hc.example/abcdefgh"}', 'heartbeat.url: not yet supported; nothing is sent there'],
  ['heartbeat: {every: 5m}', `heartbeat.every: ${NO_EFFECT}`],
];

/** The same keys with the values that ask for nothing, and keys that do have effect. */
const SILENT = [
  'summary: {after_idle: null}',
  'projects: [{name: a, formats: [pylon], launcher_log: run_agent.log}]',
  'channels: {slack: {mode: socket}}',
  'people: []',
  "collector: {enabled: false, listen: '127.0.0.1:5001'}",
  "http: {listen: '127.0.0.1:9909'}",
  'heartbeat: {url: null, every: 1m}',
  'privacy: {users: true, commands: false}',
  "thresholds: {near_completion: 80}\ntemplates_dir: t\nredact: [x]\nprojects: [{name: a, outdated_date: '2026-01-01'}]",
];

describe('notices', () => {
  afterEach(removeFolders);

  for (const [text, line] of NOT_YET) {
    it(`tells that ${text} has no effect`, () => {
      const result = load(text);
      assert.deepEqual(lines(result), [`pylon.yaml:1: ${line}`]);
      assert.equal(good(result).notices[0]?.kind, 'not-yet');
    });
  }

  for (const text of SILENT) it(`says nothing of ${text}`, () => assert.deepEqual(lines(load(text)), []));

  it('warns of labels that nothing carries', () => {
    const result = load('routes:\n- match: [serverity=critical]\n  group_by: [zone]\n  receivers: [terminal]');
    const known = 'Allowed: event, gpu, host, kind, project, rule, run, session, severity';
    assert.deepEqual(lines(result), [
      `pylon.yaml:2: routes[0].match[0]: nothing carries the label "serverity"; did you mean "severity"? ${known}`,
      `pylon.yaml:3: routes[0].group_by[0]: nothing carries the label "zone"; ${known.toLowerCase()}`,
    ]);
    assert.deepEqual(
      good(result).notices.map(({ kind }) => kind),
      ['warning', 'warning'],
    );
  });

  it('warns of a webhook address in a file that others can read', () => {
    const hook = 'https://hooks.slack.com/services/T0/B0/s3cret';
    const cwd = folderWith({
      'pylon.yaml': `receivers:\n  - {name: a, slack: '${hook}'}\n  - {name: b, slack: '\${HOOK}'}\n  - {name: c, console: true}\n`,
    });
    const sources = { cwd, env: { HOOK: hook } };
    assert.deepEqual(lines(loadConfig(sources)), []);
    for (const mode of [0o640, 0o604, 0o644]) {
      chmodSync(join(cwd, 'pylon.yaml'), mode);
      const result = loadConfig(sources);
      assert.deepEqual(lines(result), [
        'pylon.yaml:2: receivers[0].slack: a webhook address is a secret, and others can read this file: chmod 600 it, or name a variable of .env here',
      ]);
      assert.doesNotMatch(everythingShown(result), /s3cret/);
    }
  });

  it('warns of a .env with secrets that others can read', () => {
    const cwd = folderWith({ '.env': 'SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\nMINE=1\n' });
    assert.deepEqual(lines(loadConfig({ cwd, env: {} })), []);
    chmodSync(join(cwd, '.env'), 0o644);
    const { notices } = good(loadConfig({ cwd, env: {} }));
    assert.deepEqual(notices.map(describeProblem), [
      `${join(cwd, '.env')}: holds SLACK_BOT_TOKEN, SLACK_APP_TOKEN, and others can read it: chmod 600 it`,
    ]);
  });

  it('tells of tokens that are missing for commands, or not used yet', () => {
    const env = { SLACK_BOT_TOKEN: 'xoxb-1', DISCORD_TOKEN: 'abcd', PYLON_COLLECTOR_TOKEN: 'efgh' };
    assert.deepEqual(lines(load('', env)), [
      'environment: SLACK_APP_TOKEN: not set; commands in Slack are off',
      `environment: DISCORD_TOKEN: ${NO_EFFECT}`,
      `environment: PYLON_COLLECTOR_TOKEN: ${NO_EFFECT}`,
    ]);
  });
});
