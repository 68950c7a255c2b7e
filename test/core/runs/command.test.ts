import assert from 'node:assert/strict';
import { findRunProcesses } from '../../../src/core/runs/command.ts';
import type { HostProcess } from '../../../src/domain/host.ts';

const PROJECT = { root: '/nfs/pylon/', runsOn: ['gpu1', 'gpu2'] };
const CONFIGS = new Set([
  'configs/exp/a.py',
  'configs/exp/a.py.py',
  'configs/exp/b c.py',
  'configs/modèle/lr=0.1 [x].py',
]);

function ps(args: string, pid = 100, state = 'S'): HostProcess {
  return { pid, user: 'ann', startedAt: null, args, rss: null, state, cwd: null };
}

function found(...processes: HostProcess[]): Record<string, number> {
  const runs = findRunProcesses(PROJECT, CONFIGS, new Map([['gpu1', { processes, roots: {} }]]));
  return Object.fromEntries([...runs].map(([config, { pid }]) => [config, pid]));
}

describe('findRunProcesses', () => {
  const forms: [args: string, config: string][] = [
    ['python main.py --config-filepath configs/exp/a.py', 'configs/exp/a.py'],
    ['python main.py --config-filepath=./configs/exp/a.py', 'configs/exp/a.py'],
    [
      '/home/ann/miniconda3/envs/pylon/bin/python3.10 main.py --config-filepath ./configs/exp/a.py --debug',
      'configs/exp/a.py',
    ],
    ['python -u main.py --config-filepath /nfs/pylon/configs/exp/a.py', 'configs/exp/a.py'],
    ["python main.py --config-filepath './configs/exp/a.py'", 'configs/exp/a.py'],
    ['python main.py --config-filepath="/nfs/pylon/configs//exp/../exp/a.py"', 'configs/exp/a.py'],
    ['python main.py --config-filepath ./configs/exp/b c.py', 'configs/exp/b c.py'],
    ['python main.py --config-filepath ./configs/modèle/lr=0.1 [x].py', 'configs/modèle/lr=0.1 [x].py'],
    [
      'MKL_SERVICE_FORCE_INTEL=1 CUDA_VISIBLE_DEVICES=1 python main.py --config-filepath configs/exp/a.py',
      'configs/exp/a.py',
    ],
    ['bash -c cd /x && A=1 python main.py --config-filepath ./configs/exp/a.py; exec bash', 'configs/exp/a.py'],
    ['/bin/sh -c "python main.py --config-filepath \\"./configs/exp/a.py\\""', 'configs/exp/a.py'],
    ['torchrun --nproc_per_node 2 main.py --config-filepath configs/exp/a.py', 'configs/exp/a.py'],
    ['python -m torch.distributed.run main.py --config-filepath configs/exp/a.py', 'configs/exp/a.py'],
    ['/usr/bin/python /usr/bin/accelerate launch main.py --config-filepath configs/exp/a.py', 'configs/exp/a.py'],
  ];
  for (const [args, config] of forms) it(args, () => assert.deepEqual(found(ps(args)), { [config]: 100 }));

  const others = [
    'python main.py --config-filepath ./configs/exp/a',
    'python main.py --config-filepath ./configs/exp/a.pyc',
    'python main.py --config-filepath /other/configs/exp/a.py',
    'python main.py --config-filepath configs/exp/unknown.py',
    'python main.py --config-filepathconfigs/exp/a.py',
    'python main.py configs/exp/a.py',
    'tmux new-session -d -s a "python main.py --config-filepath configs/exp/a.py"',
    'grep -- --config-filepath configs/exp/a.py',
    'vim --config-filepath configs/exp/a.py',
    '--config-filepath configs/exp/a.py',
    '',
  ];
  for (const args of others) it(`not: ${args}`, () => assert.deepEqual(found(ps(args)), {}));

  describe('by the folder it works in', () => {
    const relative = 'python main.py --config-filepath ./configs/exp/a.py';
    const absolute = 'python main.py --config-filepath /mnt/disk7/pylon/configs/exp/a.py';
    const real = { '/nfs/pylon/': '/mnt/disk7/pylon' };
    const cases: [string, string, string | null, Record<string, string>, boolean][] = [
      ['the root as configured', relative, '/nfs/pylon', real, true],
      ['the root as it really is', relative, '/mnt/disk7/pylon', real, true],
      ['another clone', relative, '/home/bob/pylon', real, false],
      ['a clone within the project', relative, '/nfs/pylon/old', real, false],
      ['not known', relative, null, real, true],
      ['another mount point, where the root is not at its place', relative, '/net/x/pylon', {}, true],
      ['another one, but the path is absolute', absolute, '/tmp', real, true],
      ['absolute where the root is not at its place', absolute, '/tmp', {}, false],
    ];
    for (const [name, args, cwd, roots, expected] of cases) {
      it(`${expected ? 'is' : 'is not'} the run: ${name}`, () => {
        const processes = [{ ...ps(args), cwd }];
        const runs = findRunProcesses(PROJECT, CONFIGS, new Map([['gpu1', { processes, roots }]]));
        assert.equal(runs.has('configs/exp/a.py'), expected);
      });
    }
  });

  it('does not count zombies', () => {
    assert.deepEqual(found(ps('python main.py --config-filepath configs/exp/a.py', 1, 'Z')), {});
  });

  it('prefers the trainer over its launchers, then the lowest pid', () => {
    const shell = ps("bash -c 'cd /x && python main.py --config-filepath configs/exp/a.py'", 5);
    const launcher = ps(
      'python agents/launcher/remote_command.py --command "python main.py --config-filepath configs/exp/a.py"',
      6,
    );
    const second = ps('python -u main.py --config-filepath configs/exp/a.py', 9);
    const first = ps('python -u main.py --config-filepath configs/exp/a.py', 8);
    assert.deepEqual(found(shell, launcher, second, first), { 'configs/exp/a.py': 8 });
    assert.deepEqual(found(shell, launcher), { 'configs/exp/a.py': 6 });
    assert.deepEqual(found(launcher, shell), { 'configs/exp/a.py': 6 });
    assert.deepEqual(found(shell), { 'configs/exp/a.py': 5 });
  });

  it('looks at the hosts of the project only', () => {
    const process = ps('python main.py --config-filepath configs/exp/a.py');
    const runs = findRunProcesses(
      PROJECT,
      CONFIGS,
      new Map([
        ['gpu2', { processes: [process], roots: {} }],
        ['gpu3', { processes: [process], roots: {} }],
      ]),
    );
    assert.deepEqual(runs.get('configs/exp/a.py'), {
      host: 'gpu2',
      pid: 100,
      user: 'ann',
      startedAt: null,
      args: process.args,
    });
  });
});
