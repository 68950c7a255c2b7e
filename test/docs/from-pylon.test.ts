import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keysAt } from '../../src/config/issues.ts';
import { schema } from '../../src/config/schema.ts';
import { parseLauncherLog } from '../../src/core/launcher/parse-log.ts';
import { KEY_EVENT_KINDS } from '../../src/domain/digest.ts';
import { RUN_FORMATS, RUN_REASONS, RUN_STATUSES } from '../../src/domain/run.ts';
import { good, lines, load, removeFolders } from '../config/folder.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const FROM_PYLON = readFileSync(join(DOCS, 'from-pylon.md'), 'utf8');
const COMPATIBILITY = readFileSync(join(DOCS, 'compatibility.md'), 'utf8');

describe('docs/from-pylon.md', () => {
  afterEach(removeFolders);

  it('shows configurations that can be used as they are', () => {
    const blocks = [...FROM_PYLON.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml]) => yaml ?? '');
    assert.equal(blocks.length, 3);
    for (const yaml of blocks) {
      assert.deepEqual(lines(load(yaml)), [], yaml);
      assert.ok(good(load(yaml)).config.projects.length > 0);
    }
  });

  it('says of each launcher line which event it is, and whether the digest tells it', () => {
    const rows = [...FROM_PYLON.matchAll(/^\| ([A-Z]+) \| `([^`]+)`.*? \| `([a-z-]+)` \| (D?) ?\|$/gm)];
    assert.equal(rows.length, 11);
    const keyEvents: readonly string[] = KEY_EVENT_KINDS;
    for (const [, level, message, kind, inDigest] of rows) {
      const text = `[${level}] 2026-03-02 14:00:00 - ${message}\n`;
      const { events } = parseLauncherLog(text, { project: 'pylon', root: '/nfs/Pylon', utcOffsetMs: 0 });
      assert.deepEqual(
        events.map((event) => event.kind),
        [kind],
        text,
      );
      assert.equal(keyEvents.includes(kind ?? ''), inDigest === 'D', kind);
    }
  });

  it('names every setting of a project and of the summary', () => {
    for (const key of keysAt(schema, ['summary'])) assert.ok(FROM_PYLON.includes(key), key);
    for (const key of keysAt(schema, ['projects', 0])) {
      if (key === 'name' || key === 'formats') continue;
      assert.ok(FROM_PYLON.includes(key), key);
    }
  });
});

describe('docs/compatibility.md', () => {
  it('explains every status, reason and format', () => {
    for (const word of [...RUN_REASONS, ...RUN_FORMATS]) assert.ok(COMPATIBILITY.includes(`\`${word}\``), word);
    for (const status of RUN_STATUSES) assert.match(COMPATIBILITY, new RegExp(`^\\| .* ${status} \\| \``, 'm'));
  });
});

describe('links of both', () => {
  const LINK = /\]\((?!https:)([^)#]*)(?:#([^)]*))?\)/g;
  for (const [name, text] of [
    ['from-pylon.md', FROM_PYLON],
    ['compatibility.md', COMPATIBILITY],
  ] as const) {
    it(`of ${name} lead somewhere`, () => {
      for (const [, file, anchor] of text.matchAll(LINK)) {
        const target = readFileSync(join(DOCS, file || name), 'utf8');
        const anchors = [...target.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
          (title ?? '')
            .toLowerCase()
            .replace(/[^\p{L}\p{N} -]/gu, '')
            .replaceAll(' ', '-'),
        );
        assert.ok(anchor === undefined || anchors.includes(anchor), `${file}#${anchor}`);
      }
    });
  }
});
