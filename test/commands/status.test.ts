import assert from 'node:assert/strict';
import { makeHost, makeProject, makeSnapshot } from '../support/make.ts';
import { askAbout } from './ask.ts';

describe('status, the command', () => {
  for (const [what, over, failed] of [
    ['everything answers', {}, false],
    ['a host does not answer', { hosts: [makeHost(), makeHost({ name: 'gpu2', reachable: false })] }, true],
    ['a host was not probed yet', { hosts: [makeHost({ reachable: null, sample: null })] }, true],
    ['a project is stale', { projects: [makeProject({ stale: true })] }, true],
    ['a project was not read yet', { projects: [makeProject(), makeProject({ scanned: false })] }, true],
  ] as const) {
    it(`has ${failed ? '' : 'not '}failed when ${what}, and is whole`, async () => {
      const given = await askAbout(makeSnapshot(over), 'status');
      assert.deepEqual([given.template, given.failed], ['status', failed]);
      assert.equal((given.data.hosts as unknown[]).length, 'hosts' in over ? over.hosts.length : 1);
    });
  }
});
