import assert from 'node:assert/strict';
import type { Section } from '../../../src/core/sections.ts';
import type { Ask } from '../../../src/edge/scan/ask.ts';
import { createScanner, type Scanner } from '../../../src/edge/scan/scanner.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { useTempFolder } from '../../support/temp.ts';
import { makeTree } from './tree.ts';

const NOW = 1_800_000_000;
const OLD = NOW - 100_000;

function sections(bodies: Record<string, string>): ReadonlyMap<string, Section> {
  return new Map(Object.entries(bodies).map(([name, body]) => [name, { body, complete: true }]));
}

/** A host with one run, told by what it answers. */
function answers(root: string, over: Record<string, string> = {}): ReadonlyMap<string, Section> {
  return sections({
    'scan:now': `${NOW}\n`,
    'scan:configs:0': 'list sum\n./configs/a.py\n',
    'scan:stamps': `41ed:1:1 /\n41ed:1:1 ${root}/logs\n`,
    ...over,
  });
}

const noAsk: Ask = () => Promise.reject(new Error('nothing to ask'));

describe('scanner in trouble', () => {
  const folder = useTempFolder();
  let scanner: Scanner;
  let root: string;

  beforeEach(() => {
    const { project } = makeTree(folder.path);
    root = project.root;
    scanner = createScanner({ projects: [project], clock: manualClock() });
  });

  const ask: Ask = async (input) => {
    const stamps = (input.scan_stamps ?? '').split('\n').map((line) => {
      const path = line.slice(2);
      if (path.endsWith('logs/a')) return `41ed:${OLD}:4096 ${path}`;
      return /[.](?:py|log)$/.test(path) ? `81a4:${OLD}:9 ${path}` : `- ${path}`;
    });
    return sections({
      'scan:now': `${NOW}\n`,
      'scan:stamps': stamps.join('\n'),
      'scan:walks': 'unreadable/0\n',
      'scan:owners': `ann ${root}/logs/a\n`,
      'scan:file:0': "config = {'epochs': 3}\n",
    });
  };

  it('tells of a work dir that cannot be read', async () => {
    scanner.request();
    const [scan] = await scanner.accept(answers(root), ask);
    assert.equal(scan?.runs.length, 1);
    assert.equal(scan?.runs[0]?.problem, 'the work dir cannot be read');
    assert.equal(scan?.runs[0]?.owner, 'ann');
    assert.equal(scan?.runs[0]?.totalEpochs, 3);
  });

  it('keeps what is known where a folder of configs cannot be searched', async () => {
    scanner.request();
    await scanner.accept(answers(root), ask);
    scanner.request();
    const partly = { 'scan:configs:0': 'list other\n//\n' };
    for (const over of [partly, { 'scan:configs:0': 'same\n' }]) {
      const [scan] = await scanner.accept(answers(root, over), noAsk);
      assert.equal(scan?.runs.length, 1);
      assert.deepEqual(scan?.problems, [`some folders of ${root} cannot be searched for configs`]);
    }
  });

  it('fails when the look was cut off', async () => {
    const names = ['scan:now', 'scan:configs:0', 'scan:stamps'];
    for (const [index, name] of names.entries()) {
      const cut = new Map(answers(root));
      const section = cut.get(name);
      assert.ok(section);
      cut.set(name, { ...section, complete: false });
      for (const behind of names.slice(index + 1)) cut.delete(behind);
      await assert.rejects(scanner.accept(cut, noAsk), { name: 'HostError', kind: 'timeout' }, name);
    }
  });

  it('goes on from what it knows where a quick look did not search for configs', async () => {
    scanner.request();
    await scanner.accept(answers(root), ask);
    assert.equal(scanner.request(true).scan_configs, '');
    const quick = new Map(answers(root));
    quick.delete('scan:configs:0');
    assert.equal((await scanner.accept(quick, noAsk))[0]?.runs.length, 1);
  });

  it('fails where stat or date cannot be used', async () => {
    for (const over of [{ 'scan:stamps': `- /\n` }, { 'scan:now': 'date: not found\n' }]) {
      await assert.rejects(scanner.accept(answers(root, over), noAsk), { name: 'HostError', kind: 'failed' });
    }
  });

  it('keeps what it learnt when the host is lost on the way', async () => {
    scanner.request();
    let asked = 0;
    const lost: Ask = async (input) => {
      asked += 1;
      if (asked > 1) throw new Error('lost');
      return ask(input);
    };
    await assert.rejects(scanner.accept(answers(root), lost), /lost/);
    assert.equal(asked, 2);
    scanner.request();
    const paths: string[] = [];
    const [scan] = await scanner.accept(answers(root), (input) => {
      paths.push(input.scan_stamps ?? '');
      return ask(input);
    });
    assert.equal(scan?.runs.length, 1);
    assert.doesNotMatch(paths.join('\n'), /configs\/a\.py/);
  });

  it('starts anew from a damaged or foreign cache', async () => {
    const { project } = makeTree(folder.path);
    scanner.request();
    await scanner.accept(answers(root), ask);
    const good = JSON.stringify(scanner.snapshotCache());
    const damaged: unknown[] = [
      null,
      'text',
      [],
      {},
      { version: 4, projects: {} },
      JSON.parse(good.replace('"version":3', '"version":0')),
      JSON.parse(good.replace('"completed":0', '"completed":-1')),
      JSON.parse(good.replace('"lab":', '"other":')),
      JSON.parse(good.replace('validation_scores', 'scores')),
      JSON.parse('{"version":3,"projects":{"__proto__":{}}}'),
    ];
    for (const cache of damaged) {
      const fresh = createScanner({ projects: [project], clock: manualClock() });
      fresh.restoreCache(cache);
      assert.equal(fresh.request().scan_configs?.includes('known \n'), true, JSON.stringify(cache));
    }
    const restored = createScanner({ projects: [project], clock: manualClock() });
    restored.restoreCache(JSON.parse(good));
    assert.match(restored.request().scan_configs ?? '', /known sum\n/);
  });
});
