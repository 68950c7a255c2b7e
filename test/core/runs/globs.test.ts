import assert from 'node:assert/strict';
import { globPattern, globSearch } from '../../../src/core/runs/globs.ts';

describe('globs', () => {
  const searches: [glob: string, base: string, depth: number, name: string][] = [
    ['configs/**/*.py', 'configs', 64, '*.py'],
    ['./configs/exp/*.py', 'configs/exp', 1, '*.py'],
    ['configs/*/b/*_run_?.py', 'configs', 3, '*_run_?.py'],
    ['*.py', '.', 1, '*.py'],
    ['configs/a[1].py', 'configs', 1, 'a\\[1\\].py'],
    ['configs/**', 'configs', 64, '*'],
    ['', '.', 0, '*'],
  ];
  for (const [glob, base, depth, name] of searches) {
    it(`finds ${glob}`, () => assert.deepEqual(globSearch(glob), { base, depth, name }));
  }

  const matches: [glob: string, yes: string[], no: string[]][] = [
    [
      'configs/**/*.py',
      ['configs/a.py', 'configs/x/y/a b.py'],
      ['a.py', 'configs/a.pyc', 'configs/.git/a.py', 'configs/.a.py'],
    ],
    ['configs/*/r_?.py', ['configs/x/r_1.py'], ['configs/r_1.py', 'configs/x/y/r_1.py', 'configs/x/r_12.py']],
    ['configs/a[1]+(b).py', ['configs/a[1]+(b).py'], ['configs/a1.py']],
    ['configs/**', ['configs/a', 'configs/b/a'], ['configs/', 'other/a']],
  ];
  for (const [glob, yes, no] of matches) {
    it(`matches ${glob}`, () => {
      const pattern = globPattern(glob);
      for (const path of yes) assert.match(path, pattern);
      for (const path of no) assert.doesNotMatch(path, pattern);
    });
  }
});
