import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keysAt } from '../../src/config/issues.ts';
import { schema } from '../../src/config/schema.ts';
import { readYaml } from '../../src/config/yaml-file.ts';
import { good, lines, load, removeFolders } from './folder.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../pylon.example.yaml'), 'utf8');
/** With every setting switched on: a # before a key or two spaces hides a setting, `# ` is prose. */
const ALL = TEXT.replace(/^#(?=\S| {2})/gm, '');
const ENV = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  SMTP_URL: 'smtp://mail.example',
  DISCORD_WEBHOOK: 'https://discord.com/api/webhooks/1/a',
  OTHER_WEBHOOK: 'https://a.example/hook',
  HEARTBEAT_ID: 'abc',
};

/** Every key of a value, lists merged: `hosts[].name`. */
function keysIn(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, `${prefix}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    return [name, ...keysIn(item, name)];
  });
}

/** Every key that the schema allows. */
function keysAllowed(path: readonly (string | number)[] = [], prefix = ''): string[] {
  return keysAt(schema, path).flatMap((key) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    return [name, ...keysAllowed([...path, key], name), ...keysAllowed([...path, key, 0], `${name}[]`)];
  });
}

describe('pylon.example.yaml', () => {
  afterEach(removeFolders);

  it('changes nothing as it is', () => {
    assert.deepEqual(lines(load(TEXT)), []);
    assert.deepEqual({ ...good(load(TEXT)).config, ...withoutPlaces }, { ...good(load('')).config, ...withoutPlaces });
  });

  it('is valid with every setting switched on, and marks those that have no effect yet', () => {
    const { notices } = good(load(ALL, ENV));
    assert.ok(notices.every(({ kind }) => kind === 'not-yet'));
    const all = ALL.split('\n');
    for (const { line, key } of notices) {
      const before = all.slice(0, line ?? 0).reverse();
      const note = before.find((text) => /^\s*# /.test(text));
      assert.match(note ?? '', /Not yet/, `${key} in line ${line} has no effect yet, and its comment does not say so`);
    }
  });

  it('has every key there is', () => {
    assert.deepEqual([...new Set(keysIn(readYaml(ALL).value))].sort(), [...keysAllowed()].sort());
  });

  it('shows the defaults where there are any', () => {
    const { config } = good(load(ALL, ENV));
    const defaults = good(load('')).config;
    assert.deepEqual(config.rules, defaults.rules);
    assert.deepEqual(config.thresholds, defaults.thresholds);
    assert.deepEqual(config.privacy, defaults.privacy);
    assert.deepEqual({ ...config.summary, directory: '' }, { ...defaults.summary, directory: '' });
    assert.deepEqual(config.hosts[0], defaults.hosts[0]);
  });
});

/** What depends on the folder that the file lies in. */
const withoutPlaces = { file: '', dataDir: '', summary: null };
