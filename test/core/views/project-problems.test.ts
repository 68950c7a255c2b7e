import assert from 'node:assert/strict';
import { isUpToDate, projectProblems } from '../../../src/core/views/project-problems.ts';
import { makeProject } from '../../support/make.ts';

describe('problems of a project', () => {
  for (const [given, problems] of [
    [{}, []],
    [{ problems: ['a.py: too large'] }, ['lab: a.py: too large']],
    [{ scanned: false }, ['lab: not read yet']],
    [{ scanned: false, stale: true }, ['lab: not read yet, as gpu1 cannot be read']],
    [{ scanned: false, reading: { done: 12, total: 300 } }, ['lab: being read, 12 of 300 runs so far']],
    [{ stale: true }, ['lab: its runs are as they were last known, as gpu1 cannot be read']],
    [{ stale: true, problems: ['/lab/configs is not there'] }, ['lab: /lab/configs is not there']],
  ] as const) {
    it(`are ${JSON.stringify(problems)}`, () => {
      const project = makeProject(given);
      assert.deepEqual(projectProblems(project), problems);
      assert.equal(isUpToDate(project), !('scanned' in given) && !('stale' in given));
    });
  }
});
