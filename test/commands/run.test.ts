import assert from 'node:assert/strict';
import { makeHost, makeProject, makeRun, makeSnapshot, T0 } from '../support/make.ts';
import { askAbout } from './ask.ts';

const run = (config: string, project = 'lab') => makeRun({ id: `${project}:${config}`, project, config });

const snapshot = makeSnapshot({
  hosts: [makeHost()],
  projects: [makeProject(), makeProject({ name: 'nerf' })],
  runs: [
    run('configs/exp/model.py'),
    run('configs/exp/model_2.py'),
    run('configs/deep/model_large.py'),
    run('configs/with space.py'),
    run('configs/both.py'),
    run('configs/both.py', 'nerf'),
    ...Array.from({ length: 12 }, (_, index) => run(`configs/sweep/s${index}.py`)),
  ],
});

const named: [string, string][] = [
  ['configs/exp/model.py', 'configs/exp/model.py'],
  ['lab:configs/exp/model.py', 'configs/exp/model.py'],
  ['exp/model', 'configs/exp/model.py'],
  ['model', 'configs/exp/model.py'],
  ['model.py', 'configs/exp/model.py'],
  ['large', 'configs/deep/model_large.py'],
  ['deep/*', 'configs/deep/model_large.py'],
  ['configs…_large.py', 'configs/deep/model_large.py'],
  ['with space', 'configs/with space.py'],
  ['nerf: configs/both.py', 'configs/both.py'],
];

const refused: [string, string][] = [
  ['', 'say which run'],
  ['odel', '3 runs match "odel": configs/exp/model.py, configs/exp/model_2.py, configs/deep/model_large.py'],
  ['both', '2 runs match "both": lab:configs/both.py, nerf:configs/both.py'],
  [
    'sweep',
    `12 runs match "sweep": ${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `configs/sweep/s${n}.py`).join(', ')} and 2 more`,
  ],
  ['configs/exp/modle.py', 'no run is named "configs/exp/modle.py"; did you mean "configs/exp/model.py"?'],
  ['modle_2', 'no run is named "modle_2"; did you mean "configs/exp/model_2.py"?'],
  ['zzzzzzzzzzzzzzzz', 'no run is named "zzzzzzzzzzzzzzzz"'],
];

describe('run', () => {
  for (const [name, config] of named) {
    it(`"${name}" is ${config}`, async () => {
      const { template, data } = await askAbout(snapshot, `run ${name}`);
      assert.equal(template, 'run', JSON.stringify(data));
      assert.deepEqual([data.schema, data.config], ['pylon.run/1', config]);
    });
  }

  for (const [name, text] of refused) {
    it(`"${name}" is refused: ${text}`, async () => {
      const { template, data } = await askAbout(snapshot, `run ${name}`);
      assert.equal(template, 'error');
      assert.deepEqual(data, { text, hint: 'Usage: run NAME' });
    });
  }

  it('finds nothing where there are no runs', async () => {
    const { data } = await askAbout(makeSnapshot({}), 'run a');
    assert.equal(data.text, 'no run is named "a"');
  });

  it('shows the end of its log, without secrets', async () => {
    const logTail = async ({ config }: { config: string }) => `log of ${config}\npassword hunter2\n`;
    const { data } = await askAbout(snapshot, 'run large', { logTail });
    assert.deepEqual(data.last_lines, ['log of configs/deep/model_large.py', 'password ***']);
  });

  const process = { host: 'gpu2', pid: 1, user: 'ann', startedAt: T0, args: 'python main.py' };
  const one = makeRun({ host: 'gpu2', process });
  const [disk, worker] = [makeHost(), makeHost({ name: 'gpu2' })];
  for (const [what, runs, hosts, failed] of [
    ['both its hosts were read', [one], [disk, worker], false],
    ['the host of its process is away', [one], [disk, { ...worker, reachable: false }], true],
    ['the host whose disk is read is away', [one], [{ ...disk, reachable: null }, worker], true],
    ['it is as it was last known', [{ ...one, reason: 'host-unreachable' as const }], [disk, worker], true],
  ] as const) {
    it(`has failed when ${what}: ${failed}`, async () => {
      const given = await askAbout(makeSnapshot({ runs, hosts, projects: [makeProject()] }), `run ${one.config}`);
      assert.deepEqual([given.template, given.failed], ['run', failed]);
    });
  }
});
