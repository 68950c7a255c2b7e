import assert from 'node:assert/strict';
import { createRecord } from '../../../src/edge/scan/run-record.ts';
import { createWatchList } from '../../../src/edge/scan/watch-list.ts';
import { useTempFolder } from '../../support/temp.ts';
import { makeTree } from './tree.ts';

describe('watch list', () => {
  const folder = useTempFolder();
  const NOW = 1_800_000_000_000;
  const STAMP = '41ed:1700000000:4096';

  it('asks anew for a file that two runs know differently, and tells both', () => {
    const { project } = makeTree(folder.path);
    const records = ['configs/a.py', 'a.py'].map((config) => createRecord(project, config));
    const [first, second] = records;
    assert.ok(first && second);
    first.memory.stamps.dir = STAMP;
    const list = createWatchList();
    for (const record of records) list.watch(record, ['dir']);
    assert.deepEqual(list.known(), [[first.dirPath, '?']]);
    list.take(first.dirPath, STAMP, NOW, new Set(records));
    assert.equal(second.memory.stamps.dir, STAMP);
    assert.deepEqual(list.known(), [[first.dirPath, STAMP]]);
  });
});
