import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadConfig } from '../../src/config/load.ts';
import { everythingShown, folderWith, lines, load, removeFolders } from './folder.ts';

/** One bad setting each: the text, and the one line that must be told of it. */
const TABLE: readonly (readonly [string, string])[] = [
  [
    'hosts:\n  - name: a\n    sssh: b',
    'pylon.yaml:3: hosts[0].sssh: unknown key; did you mean "ssh"? Allowed: name, ssh, gpus, probe_interval',
  ],
  ['collector: {zzzzzz: 1}', 'pylon.yaml:1: collector.zzzzzz: unknown key; allowed: enabled, listen'],
  [
    'rules: {run-stuk: {enabled: true}}',
    'pylon.yaml:1: rules.run-stuk: unknown key; did you mean "run-stuck"? Allowed: run-failed, run-stuck, host-unreachable, gpu-lost',
  ],
  ['- a', 'pylon.yaml:1: found a list; expected a mapping'],
  ['text', 'pylon.yaml:1: found "text"; expected a mapping'],
  ['version: 2', 'pylon.yaml:1: version: found 2; expected 1'],
  ['time_zone: Berlin', 'pylon.yaml:1: time_zone: found "Berlin"; expected an IANA time zone such as Europe/Berlin'],
  ['summary: {enabled: yes}', 'pylon.yaml:1: summary.enabled: found "yes"; expected true or false'],
  [
    "summary: {summary_time: '24:00'}",
    'pylon.yaml:1: summary.summary_time: found "24:00"; expected a time \'HH:MM\' from 00:00 to 23:59',
  ],
  [
    'summary: {metrics_interval: 0}',
    'pylon.yaml:1: summary.metrics_interval: found 0; expected from 1 to 86400 seconds, as a number or a duration such as 5m',
  ],
  [
    'summary: {metrics_interval: soon}',
    'pylon.yaml:1: summary.metrics_interval: found "soon"; expected from 1 to 86400 seconds, as a number or a duration such as 5m',
  ],
  [
    'summary: {summary_retention_days: 1.5}',
    'pylon.yaml:1: summary.summary_retention_days: found 1.5; expected a whole number',
  ],
  [
    'summary: {summary_sections: [key_event]}',
    'pylon.yaml:1: summary.summary_sections[0]: found "key_event"; expected one of experiment_statistics, resource_utilization, key_events, progress_overview; did you mean "key_events"?',
  ],
  [
    'summary: {summary_sections: []}',
    'pylon.yaml:1: summary.summary_sections: found an empty list; expected at least 1 entry',
  ],
  [
    'summary: {summary_sections: [key_events, key_events]}',
    'pylon.yaml:1: summary.summary_sections: found a list; expected each section once',
  ],
  [
    'summary:\n  notifications:\n    slack:\n      enabled: true',
    'pylon.yaml:3: summary.notifications.slack.webhook_url: missing; expected an https:// address, as enabled is true',
  ],
  [
    'summary: {notifications: {email: {enabled: true, recipients: []}}}',
    'pylon.yaml:1: summary.notifications.email.recipients: found an empty list; expected at least one address, as enabled is true',
  ],
  [
    'summary: {notifications: {email: {recipients: ["a b@c"]}}}',
    'pylon.yaml:1: summary.notifications.email.recipients[0]: found "a b@c"; expected an email address',
  ],
  ['hosts: {a: 1}', 'pylon.yaml:1: hosts: found the keys "a"; expected a list'],
  ['hosts: [3]', 'pylon.yaml:1: hosts[0]: found 3; expected a mapping'],
  ['hosts: [null]', 'pylon.yaml:1: hosts[0]: found no value; expected a mapping'],
  [
    'hosts: [{name: a, ssh: -oProxyCommand=x}]',
    'pylon.yaml:1: hosts[0].ssh: found "-oProxyCommand=x"; expected an alias of ~/.ssh/config, or [user@]host[:port]',
  ],
  [
    'hosts: [{name: a, ssh: "b:70000"}]',
    'pylon.yaml:1: hosts[0].ssh: found "b:70000"; expected an alias of ~/.ssh/config, or [user@]host[:port]',
  ],
  [
    'hosts: [{name: a, ssh: "b c"}]',
    'pylon.yaml:1: hosts[0].ssh: found "b c"; expected an alias of ~/.ssh/config, or [user@]host[:port]',
  ],
  ['hosts: [{name: a, ssh: a, gpus: [-1]}]', 'pylon.yaml:1: hosts[0].gpus[0]: found -1; expected at least 0'],
  [
    'hosts: [{name: a, ssh: a, probe_interval: 30}]',
    'pylon.yaml:1: hosts[0].probe_interval: found 30; expected a duration such as 30s, 5m, 4h or 2d',
  ],
  [
    'hosts: [{name: a, ssh: a, probe_interval: 2d}]',
    'pylon.yaml:1: hosts[0].probe_interval: found "2d"; expected a duration such as 30s, 5m, 4h or 2d, from 1s to 1h',
  ],
  [
    'hosts:\n- {name: a, ssh: a}\n- {name: a, ssh: b}',
    'pylon.yaml:3: hosts[1].name: found "a", which hosts[0] has already',
  ],
  [
    'hosts: [{name: localhost, ssh: a}]',
    'pylon.yaml:1: hosts[0].ssh: localhost is this machine; leave ssh out, or choose another name',
  ],
  [
    'hosts: [{name: a}, {name: b}]',
    'pylon.yaml:1: hosts[1].ssh: missing; without it this is this machine, as hosts[0] is already',
  ],
  [
    'hosts: [{name: "a|b", ssh: a}]',
    'pylon.yaml:1: hosts[0].name: found "a|b"; expected a name of letters, digits, spaces and . _ @ : -',
  ],
  [
    'hosts: [{name: gpu1, ssh: gpu1}]\nprojects: [{name: p, read_from: gpu2, root: /p}]',
    'pylon.yaml:2: projects[0].read_from: found "gpu2", which is no host here; did you mean "gpu1"? Allowed: gpu1, localhost',
  ],
  [
    'hosts: [{name: gpu1, ssh: gpu1}]\nprojects: [{name: p, runs_on: [localhost]}]',
    'pylon.yaml:2: projects[0].runs_on[0]: found "localhost", which is no host here; allowed: gpu1',
  ],
  [
    'hosts: [{name: gpu1, ssh: gpu1}]\nprojects: [{name: p, read_from: gpu1, root: ~/p}]',
    'pylon.yaml:2: projects[0].root: found "~/p"; expected an absolute path, as it lies on another host',
  ],
  [
    'projects: [{root: /a/p}, {root: /b/p}]',
    'pylon.yaml:1: projects[1].name: found "p", which projects[0] has already',
  ],
  ['projects: [{root: "/a\\0b"}]', 'pylon.yaml:1: projects[0].root: found "/a\\u0000b"; expected a path'],
  [
    'projects: [{name: p, configs: [../secrets/*]}]',
    'pylon.yaml:1: projects[0].configs[0]: found "../secrets/*"; expected a glob relative to the project\'s root, without ..',
  ],
  [
    'projects: [{name: p, configs: [/etc/*]}]',
    'pylon.yaml:1: projects[0].configs[0]: found "/etc/*"; expected a glob relative to the project\'s root, without ..',
  ],
  [
    'projects: [{name: p, configs: ["a/[b"]}]',
    'pylon.yaml:1: projects[0].configs[0]: found "a/[b"; expected a glob whose [ and { are closed',
  ],
  [
    'projects: [{name: p, configs: ["!a"]}]',
    'pylon.yaml:1: projects[0].configs[0]: found "!a"; expected a glob that does not begin with !',
  ],
  [
    'projects: [{name: p, expected_files: [a/../../b]}]',
    'pylon.yaml:1: projects[0].expected_files[0]: found "a/../../b"; expected a path inside the project\'s root, without ..',
  ],
  ['projects: [{name: p, epochs: 0}]', 'pylon.yaml:1: projects[0].epochs: found 0; expected at least 1'],
  ['projects: [{name: p, outdated_days: 0}]', 'pylon.yaml:1: projects[0].outdated_days: found 0; expected more than 0'],
  [
    'projects: [{name: p, outdated_date: 2026-02-30}]',
    'pylon.yaml:1: projects[0].outdated_date: found "2026-02-30"; expected a date \'YYYY-MM-DD\' that exists',
  ],
  [
    'projects: [{name: p, outdated_days: 3, outdated_date: 2026-02-03}]',
    'pylon.yaml:1: projects[0].outdated_date: found "2026-02-03"; expected either outdated_days or outdated_date, not both',
  ],
  [
    'receivers: [{name: a}]',
    'pylon.yaml:1: receivers[0]: found the keys "name"; expected exactly one of slack, discord, email, webhook, console (a channel such as \'#gpu\' in quotes)',
  ],
  [
    'receivers:\n- name: a\n  slack: #gpu\n',
    'pylon.yaml:2: receivers[0]: found the keys "name, slack without a value"; expected exactly one of slack, discord, email, webhook, console (a channel such as \'#gpu\' in quotes)',
  ],
  [
    'receivers: [{name: a, slack: "#a", console: true}]',
    'pylon.yaml:1: receivers[0]: found the keys "name, slack, console"; expected exactly one of slack, discord, email, webhook, console (a channel such as \'#gpu\' in quotes)',
  ],
  [
    'receivers: [{name: a, slack: "#a b"}]',
    'pylon.yaml:1: receivers[0].slack: found "#a b"; expected a channel, \'#name\' or its id, or an https:// address (http:// to this machine only)',
  ],
  [
    'receivers: [{name: a, discord: general}]',
    'pylon.yaml:1: receivers[0].discord: found "general"; expected a channel\'s id, or an https:// address (http:// to this machine only)',
  ],
  [
    'receivers: [{name: a, discord: 99}]',
    "pylon.yaml:1: receivers[0].discord: found 99; expected a channel's id in quotes, or a webhook address",
  ],
  ['receivers: [{name: a, email: a@b.c}]', 'pylon.yaml:1: receivers[0].email: found "a@b.c"; expected a list'],
  ['receivers: [{console: true}]', 'pylon.yaml:1: receivers[0].name: missing; expected text'],
  [
    'receivers: [{name: terminal, console: true}]',
    'pylon.yaml:1: receivers[0].name: found "terminal", a name that the bot itself uses',
  ],
  [
    "receivers: [{name: a, console: true, quiet_hours: '22-8'}]",
    'pylon.yaml:1: receivers[0].quiet_hours: found "22-8"; expected a span \'HH:MM-HH:MM\'',
  ],
  [
    'receivers: [{name: lab, console: true}]\nroutes: [{receivers: [laab]}]',
    'pylon.yaml:2: routes[0].receivers[0]: found "laab", which is no receiver here; did you mean "lab"? Allowed: lab, terminal',
  ],
  [
    'routes: [{receivers: [summary-slack]}]',
    'pylon.yaml:1: routes[0].receivers[0]: found "summary-slack", which is no receiver here; allowed: terminal',
  ],
  ['routes: [{receivers: []}]', 'pylon.yaml:1: routes[0].receivers: found an empty list; expected at least 1 entry'],
  [
    'routes: [{receivers: [terminal], match: [critical]}]',
    'pylon.yaml:1: routes[0].match[0]: found "critical"; expected label=value, label!=value, label=~pattern or label!~pattern',
  ],
  [
    'routes: [{receivers: [terminal], match: ["run=~("]}]',
    'pylon.yaml:1: routes[0].match[0]: found "run=~("; expected a valid regular expression behind ~',
  ],
  [
    'routes: [{receivers: [terminal], group_by: [a b]}]',
    'pylon.yaml:1: routes[0].group_by[0]: found "a b"; expected the name of a label, such as project',
  ],
  [
    'rules: {run-failed: {severity: crytical}}',
    'pylon.yaml:1: rules.run-failed.severity: found "crytical"; expected one of info, warning, critical; did you mean "critical"?',
  ],
  ['thresholds: {near_completion: 101}', 'pylon.yaml:1: thresholds.near_completion: found 101; expected at most 100'],
  [
    'channels: {email: {from: nobody}}',
    'pylon.yaml:1: channels.email.from: found "nobody"; expected an email address, or Name <address>',
  ],
  [
    'channels: {email: {from: "A <a@b.c>\\nBcc: x@y.z"}}',
    'pylon.yaml:1: channels.email.from: found "A <a@b.c>\\nBcc: x@y.z"; expected an email address, or Name <address>',
  ],
  [
    'channels: {slack: {path: events}}',
    'pylon.yaml:1: channels.slack.path: found "events"; expected a path that begins with \'/\'',
  ],
  ["redact: ['(']", 'pylon.yaml:1: redact[0]: found "("; expected a valid regular expression'],
  ["redact: ['a*']", 'pylon.yaml:1: redact[0]: found "a*"; expected a pattern that does not match empty text'],
  ['http: {listen: 9909}', 'pylon.yaml:1: http.listen: found 9909; expected text'],
  [`data_dir: "\${NOPE}"`, 'pylon.yaml:1: data_dir: the variable NOPE is not set in the environment or .env'],
  [`data_dir: "\${a-b}"`, `pylon.yaml:1: data_dir: found "\${a-b}"; expected \${NAME} with the name of a variable`],
  ['data_dir: a\ndata_dir: b', 'pylon.yaml:2: data_dir: given twice'],
  [
    '__proto__: 1',
    'pylon.yaml:1: __proto__: unknown key; allowed: version, time_zone, data_dir, summary, hosts, projects, channels, receivers, routes, rules, thresholds, people, collector, http, heartbeat, redact, privacy, templates_dir',
  ],
  ['people: [{name: a}, {name: a}]', 'pylon.yaml:1: people[1].name: found "a", which people[0] has already'],
];

describe('problems of pylon.yaml', () => {
  afterEach(removeFolders);

  for (const [text, line] of TABLE) {
    it(`tells of ${JSON.stringify(text)}`, () => assert.deepEqual(lines(load(text)), [line]));
  }

  it('tells all at once, by line', () => {
    const told = lines(
      load(
        'hosts:\n- {sssh: a}\nprojects:\n- {name: p, read_from: b}\nroutes:\n- {receivers: [c]}\nnope: 1\nnope: 2\n',
        {
          LOG_LEVEL: 'loud',
        },
      ),
    );
    assert.deepEqual(
      told.map((line) => line.split(': ').slice(0, 2).join(' ')),
      [
        'pylon.yaml:2 hosts[0].sssh',
        'pylon.yaml:4 projects[0].read_from',
        'pylon.yaml:6 routes[0].receivers[0]',
        'pylon.yaml:7 nope',
        'pylon.yaml:8 nope',
        'environment LOG_LEVEL',
      ],
    );
  });

  const hostile: readonly (readonly [string, string])[] = [
    [
      'names that are no text',
      'hosts: [{name: {toString: 1}, ssh: [1]}]\nreceivers: [{name: {valueOf: 1}}]\nroutes: [3, {receivers: [{}]}]',
    ],
    ['a key that is a list', '? [a, b]\n: 1'],
    ['a huge key', `${'k'.repeat(2000)}: 1`],
    [
      'numbers out of range',
      'summary: {metrics_interval: .inf, summary_retention_days: .nan}\nthresholds: {long_running_days: 1e999}',
    ],
    ['control characters', '"a\\e[31m\\n": 1\nhosts: [{name: "\\e[2J", ssh: a}]'],
  ];
  for (const [what, text] of hostile) {
    it(`bears ${what}`, () => {
      const told = lines(load(text));
      assert.ok(told.length > 0);
      assert.doesNotMatch(told.join(''), /\p{Cc}/u);
    });
  }

  it('bears any text, and a good file with a piece cut out', () => {
    const file = readFileSync(join(import.meta.dirname, '../../pylon.example.yaml'), 'utf8').replace(
      /^#(?=\S| {2})/gm,
      '',
    );
    const cut = fc
      .tuple(fc.nat(file.length), fc.nat(60), fc.constantFrom('', '[', '{', ': ', '\n', '*', '&a ', '"'))
      .map(([at, length, instead]) => file.slice(0, at) + instead + file.slice(at + length));
    const cwd = folderWith({});
    fc.assert(
      fc.property(fc.oneof(cut, fc.string({ unit: 'binary' })), (text) => {
        writeFileSync(join(cwd, 'pylon.yaml'), text);
        for (const line of lines(loadConfig({ cwd, env: {} }))) assert.match(line, /^(pylon\.yaml|environment)\b/);
      }),
      { numRuns: 50 },
    );
  });

  const secret = 'T0SECRET';
  const leaks: readonly string[] = [
    `receivers: [{name: a, slack: 'http://hooks.slack.com/services/${secret}'}]`,
    `receivers: [{name: a, slack: 'hooks.slack.com/services/${secret}'}]`,
    `receivers: [{name: a, slack: xoxb-${secret}}]`,
    `receivers: [{name: 'https://hooks.slack.com/${secret}', console: true}]`,
    `summary: {notifications: {slack: {enabled: true, webhook_url: 'ftp://x/${secret}'}}}`,
    `channels: {slack: {bot_token: ${secret}}}`,
    `receivers: [{name: a, slack: 'https://hooks.slack.com/services/${secret}'}, {name: a, console: true}]`,
    `receivers: {a: 1} 'https://x/${secret}'`,
    `heartbeat: {url: 'https://hc.example/${secret} '}`,
    `'https://hooks.slack.com/${secret}': 1`,
    `receivers: [{name: a, discord: "\${TOKEN}"}]`,
  ];
  for (const text of leaks) {
    it(`keeps the secret in ${text}`, () => {
      const result = load(text, { TOKEN: secret });
      assert.ok(!result.ok);
      assert.ok(!everythingShown(result).includes(secret), everythingShown(result));
    });
  }
});
