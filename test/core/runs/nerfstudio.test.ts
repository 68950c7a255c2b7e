import assert from 'node:assert/strict';
import { findNerfstudioRuns, stepsOfCommand, workDirOfCommand } from '../../../src/core/runs/formats/nerfstudio.ts';
import { makeProcess } from '../../support/make.ts';

describe('workDirOfCommand', () => {
  const commands: [string, string | null][] = [
    ['ns-train nerfacto --output-dir outputs/lego --data data/lego', 'outputs/lego'],
    ['ns-train nerfacto --data x --output_dir=outputs/lego', 'outputs/lego'],
    ['/opt/conda/bin/python /opt/conda/bin/ns-train splatfacto --output /data/out', '/data/out'],
    ['ns-train nerfacto --workspace w', 'w'],
    ['ns-train nerfacto --run-dir=r --output-dir o', 'r'],
    ['ns-train nerfacto --logdir l', 'l'],
    ["ns-train nerfacto --log-dir 'my logs/a'", 'my logs/a'],
    ['ns-train nerfacto --output-directory x', null],
    ['ns-train nerfacto', null],
    ['ns-trainer nerfacto --output-dir x', null],
    ['python main.py --output-dir x', null],
  ];
  for (const [command, workDir] of commands) it(command, () => assert.equal(workDirOfCommand(command), workDir));
});

describe('stepsOfCommand', () => {
  it('is what the command line says, else what nerfstudio takes', () => {
    assert.equal(stepsOfCommand('ns-train nerfacto --max-num-iterations 500 --output-dir x'), 500);
    assert.equal(stepsOfCommand('ns-train nerfacto --max_num_iterations=7000'), 7_000);
    assert.equal(stepsOfCommand('ns-train nerfacto'), 30_000);
  });
});

describe('findNerfstudioRuns', () => {
  const project = { root: '/nfs/pylon', runsOn: ['gpu1'] };
  const found = (args: string, cwd: string | null, roots: Record<string, string> = { '/nfs/pylon': '/nfs/pylon' }) => {
    const processes = [makeProcess({ pid: 7, user: 'ann', args, cwd })];
    return [...findNerfstudioRuns(project, new Map([['gpu1', { processes, roots }]])).keys()];
  };
  const train = (dir: string) => `/opt/bin/python3.10 /opt/bin/ns-train nerfacto --output-dir ${dir} --data d`;

  const cases: [string, string, string | null, string[]][] = [
    ['relative to the root', train('outputs/a/'), '/nfs/pylon', ['outputs/a']],
    ['relative, folder not known', train('outputs/a'), null, ['outputs/a']],
    ['relative to a folder of the project', train('a'), '/nfs/pylon/scenes', ['scenes/a']],
    ['relative to another project', train('outputs/a'), '/home/bob/nerf', []],
    ['absolute in the root', train('/nfs/pylon/outputs/a'), '/tmp', ['outputs/a']],
    ['elsewhere, started in the project', train('/scratch/a'), '/nfs/pylon', ['/scratch/a']],
    ['elsewhere, started elsewhere', train('/scratch/a'), '/tmp', []],
    ['in a home', train('~/out/a'), '/nfs/pylon', ['/home/ann/out/a']],
    ['a shell around it', `bash -c ${train('outputs/a')}`, '/nfs/pylon', []],
    ['a multiplexer', `tmux new-session -d ${train('outputs/a')}`, '/nfs/pylon', []],
  ];
  for (const [name, args, cwd, expected] of cases) it(name, () => assert.deepEqual(found(args, cwd), expected));

  it('takes the lowest pid of several, and no zombie', () => {
    const args = train('outputs/a');
    const processes = [
      makeProcess({ pid: 9, args }),
      makeProcess({ pid: 8, args }),
      makeProcess({ pid: 7, args, state: 'Z' }),
    ];
    const runs = findNerfstudioRuns(project, new Map([['gpu1', { processes, roots: {} }]]));
    assert.deepEqual(
      [...runs.values()].map(({ process }) => process.pid),
      [8],
    );
  });
});
