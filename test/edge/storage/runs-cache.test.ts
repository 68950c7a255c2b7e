import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunsCache } from '../../../src/domain/ports.ts';
import { readRunsCache, writeRunsCache } from '../../../src/edge/storage/runs-cache.ts';
import { makeRun, T0 } from '../../support/make.ts';
import { useTempFolder } from '../../support/temp.ts';

const cache: RunsCache = {
  readers: { gpu1: { version: 1, projects: { lab: { any: ['thing'] } } }, localhost: null },
  runs: [
    makeRun({ process: { host: 'gpu1', pid: 4, user: 'ann', startedAt: null, args: 'python main.py' } }),
    makeRun({
      config: 'configs/exp/b.py',
      status: 'failed',
      reason: 'fatal-error',
      newestLog: null,
      verdict: {
        category: 'gpu_oom',
        summary: 'CUDA out of memory',
        evidence: [{ line: 3, text: 'torch.OutOfMemoryError' }],
        extracted: { device: 1, requested: '2.50 GiB', requestedBytes: 2_684_354_560 },
      },
    }),
    makeRun({ config: 'configs/exp/c.py', status: 'stuck', reason: 'silent-process', lastUpdate: T0 }),
  ],
};

describe('cache of runs', () => {
  const folder = useTempFolder();
  const file = (): string => join(folder.path, 'state', 'runs.json');

  it('comes back as it was written', async () => {
    await writeRunsCache(file(), cache);
    assert.deepEqual(await readRunsCache(file()), { schema: 'pylon.runs-cache/1', ...cache });
  });

  it('is replaced whole, and read by its owner only', async () => {
    await writeRunsCache(file(), cache);
    await writeRunsCache(file(), { readers: {}, runs: [] });
    assert.deepEqual((await readRunsCache(file()))?.runs, []);
    assert.deepEqual(readdirSync(dirname(file())), ['runs.json']);
    assert.equal(statSync(dirname(file())).mode & 0o777, 0o700);
  });

  it('is null where there is none', async () => {
    assert.equal(await readRunsCache(file()), null);
  });

  const damages: [string, (text: string) => string][] = [
    ['cut off', (text) => text.slice(0, -20)],
    ['empty', () => ''],
    ['of zeros', (text) => '\0'.repeat(text.length)],
    ['another document', () => '[1, 2]'],
    ['of another version', (text) => text.replace('runs-cache/1', 'runs-cache/9')],
    ['with a status that does not exist', (text) => text.replace('"stuck"', '"sleeping"')],
    ['with a process that is no object', (text) => text.replace(/"process":\{[^}]*\}/, '"process":7')],
  ];
  for (const [name, damage] of damages) {
    it(`is null when it is ${name}`, async () => {
      await writeRunsCache(file(), cache);
      const text = readFileSync(file(), 'utf8');
      assert.notEqual(damage(text), text);
      writeFileSync(file(), damage(text));
      assert.equal(await readRunsCache(file()), null);
    });
  }

  it('rejects where the disk takes nothing', async () => {
    writeFileSync(join(folder.path, 'state'), 'a file, not a folder');
    await assert.rejects(writeRunsCache(file(), cache), { code: 'EEXIST' });
  });
});
