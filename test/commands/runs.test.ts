import assert from 'node:assert/strict';
import { makeHost, makeProject, makeRun, makeSnapshot } from '../support/make.ts';
import { askAbout } from './ask.ts';

const snapshot = makeSnapshot({
  hosts: [makeHost(), makeHost({ name: 'gpu2' })],
  projects: [makeProject(), makeProject({ name: 'nerf' })],
  runs: [
    makeRun({ config: 'configs/exp/a.py' }),
    makeRun({ config: 'configs/exp/b.py', status: 'failed', reason: 'fatal-error', host: 'gpu2' }),
    makeRun({ config: 'configs/exp/c.py', status: 'failed', reason: 'never-started', owner: 'bob' }),
    makeRun({ config: 'configs/lr=0.1.py', status: 'stuck', project: 'nerf' }),
  ],
});

async function found(text: string): Promise<string[]> {
  const { template, data } = await askAbout(snapshot, text);
  assert.equal(template, 'runs', JSON.stringify(data));
  const { runs } = data as { runs: { config: string }[] };
  return runs.map(({ config }) => config.replace(/^configs\/(exp\/)?|\.py$/g, ''));
}

const asked: [string, string[]][] = [
  ['runs', ['a', 'b', 'c', 'lr=0.1']],
  ['runs failed', ['b']],
  ['runs Failed never-started', ['b', 'c']],
  ['runs status=failed,stuck', ['b', 'lr=0.1']],
  ['runs active', ['a', 'lr=0.1']],
  ['runs project=nerf', ['lr=0.1']],
  ['runs HOST=gpu2', ['b']],
  ['runs owner=bob', ['c']],
  ['runs owner=nobody', []],
  ['runs exp/', ['a', 'b', 'c']],
  ['runs exp/*.py running', ['a']],
  ['runs *lr=0.1*', ['lr=0.1']],
  ['runs sort=-name', ['lr=0.1', 'c', 'b', 'a']],
  ['runs sort=status', ['lr=0.1', 'b', 'a', 'c']],
  ['runs limit=2', ['a', 'b']],
  ['runs limit=2 limit=all', ['a', 'b', 'c', 'lr=0.1']],
  ['runs nothing-like-it-anywhere', []],
];

const refused: [string, RegExp][] = [
  ['runs faield', /^"faield" is part of no run's name; did you mean "failed"\? \(there are: running, finished, /],
  ['runs status=faield', /^"faield" is not a status; did you mean "failed"\?/],
  ['runs hots=gpu1', /^"hots" is not a filter; did you mean "host"\? \(there are: status, project, host, owner, /],
  ['runs zzzzzzzz=1', /^"zzzzzzzz" is not a filter \(there are: /],
  ['runs project=lob', /^"lob" is not a project; did you mean "lab"\? \(there are: lab, nerf\)$/],
  ['runs host=gpu3', /^"gpu3" is not a host; did you mean "gpu1"\? \(there are: gpu1, gpu2\)$/],
  ['runs sort=date', /^"date" is not a sort; did you mean .* \(there are: name, status, progress, eta, updated\)$/],
  ['runs limit=0', /^limit=0: write a whole number from 1, or "all"$/],
  ['runs limit=-1', /^limit=-1: /],
  ['runs limit=', /^limit=: /],
];

describe('runs', () => {
  for (const [text, expected] of asked) {
    it(`"${text}" finds ${expected.join(' ') || 'nothing'}`, async () => assert.deepEqual(await found(text), expected));
  }

  for (const [text, message] of refused) {
    it(`"${text}" is refused, and why`, async () => {
      const { template, data, failed } = await askAbout(snapshot, text);
      assert.deepEqual([template, failed], ['error', true]);
      assert.match(String(data.text), message);
      assert.match(String(data.hint), /^Usage: runs \[STATUS/);
    });
  }

  it('shows a chat no more than it has room for, and says how many more there are', async () => {
    const runs = Array.from({ length: 100 }, (_, index) => makeRun({ config: `configs/${index}.py` }));
    const { data } = await askAbout(makeSnapshot({ runs }), 'runs');
    assert.deepEqual([(data.runs as unknown[]).length, data.omitted, data.total], [20, 80, 100]);
  });

  it('names a few projects at most', async () => {
    const projects = Array.from({ length: 30 }, (_, index) => makeProject({ name: `p${index}` }));
    const { data } = await askAbout(makeSnapshot({ projects }), 'runs project=other');
    assert.match(String(data.text), /p24 and 5 more\)$/);
  });

  it('has failed when a run that it shows is on a host that cannot be asked', async () => {
    const runs = [makeRun({ reason: 'host-unreachable' }), makeRun({ config: 'configs/b.py' })];
    assert.equal((await askAbout(makeSnapshot({ runs }), 'runs')).failed, true);
    assert.equal((await askAbout(makeSnapshot({ runs }), 'runs b.py')).failed, false);
  });

  for (const [what, project, failed] of [
    ['was read', {}, false],
    ['is stale', { stale: true }, true],
    ['was not read yet', { scanned: false }, true],
  ] as const) {
    it(`has failed when a project ${what}: ${failed}`, async () => {
      const one = makeSnapshot({ projects: [makeProject(project)] });
      assert.equal((await askAbout(one, 'runs')).failed, failed);
    });
  }
});
