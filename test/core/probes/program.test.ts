import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseProbe } from '../../../src/core/probes/parse.ts';
import { LIST_LIMIT_S, NVIDIA_SMI_LIMIT_S, PROBE_PROGRAM } from '../../../src/core/probes/program.ts';
import { SECTION_PRELUDE, splitSections } from '../../../src/core/sections.ts';
import type { HostSample } from '../../../src/domain/host.ts';
import { shellScript } from '../../../src/util/shell.ts';
import { useTempFolder } from '../../support/temp.ts';

const NONCE = '0123456789abcdef';
const shells = [['sh'], ['bash'], ['busybox', 'sh']].filter(([name]) => isInstalled(name!));

function isInstalled(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

describe('PROBE_PROGRAM', function () {
  this.timeout(30_000);
  const folder = useTempFolder();

  /** Puts a command in front of the host's own. */
  function fake(name: string, script: string): void {
    writeFileSync(join(folder.path, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder.path, name), 0o755);
  }

  function fakeQuietHost(): void {
    fake('ps', 'printf "%s\\n" "USER PID PPID STAT ELAPSED RSS COMMAND" "root 1 0 S 10:00 1000 init"');
  }

  /** Resolves when all pipes are closed, as an SSH channel does. `limits` shortens how long is waited. */
  async function probe(shell: readonly string[], limits: 'real' | '1 s' = 'real'): Promise<HostSample> {
    const program = limits === 'real' ? PROBE_PROGRAM : inOneSecond(PROBE_PROGRAM);
    const script = shellScript(`${SECTION_PRELUDE}${program}\nsection end\n`, { nonce: NONCE, gpus: 'all' });
    const file = join(folder.path, 'script');
    writeFileSync(file, script);
    const askedAt = Date.now();
    const [command = '', ...rest] = shell;
    const child = spawn(command, [...rest, file], {
      env: { PATH: `${folder.path}${delimiter}${process.env.PATH}`, OUT: join(folder.path, 'called') },
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      errors += chunk;
    });
    await new Promise((resolve) => child.on('close', resolve));
    assert.equal(errors, '');
    const context = { host: 'here', askedAt, receivedAt: Date.now(), previous: null };
    return parseProbe(splitSections(output, NONCE), context).sample;
  }

  for (const shell of shells) {
    describe(`in ${shell.join(' ')}`, () => {
      it('reads this machine', async function () {
        if (process.platform !== 'linux') this.skip();
        const sample = await probe(shell);
        assert.deepEqual(
          sample.problems.filter((problem) => !problem.startsWith('GPUs')),
          [],
        );
        assert.equal(sample.clockSkewS !== null && Math.abs(sample.clockSkewS) <= 1, true);
        assert.ok(sample.cpu.cores !== null && sample.cpu.cores >= availableParallelism());
        assert.ok(sample.cpu.load1 !== null);
        assert.ok(sample.memory !== null && sample.memory.total <= totalmem());
        assert.ok(sample.memory.available > 0 && sample.memory.available < sample.memory.total);
        assert.ok(sample.disks?.some(({ mount }) => mount === '/'));
        const self = sample.processes?.find(({ pid }) => pid === process.pid);
        const started = Date.now() - process.uptime() * 1000;
        assert.ok(self?.startedAt != null && Math.abs(self.startedAt - started) < 5_000, `${self?.startedAt}`);
        assert.match(self.args, /mocha/);
        assert.ok(self.rss !== null && self.rss > 10_000_000);
      });

      it('hands over what nvidia-smi prints, stderr too, and its exit code', async () => {
        fakeQuietHost();
        fake(
          'nvidia-smi',
          `case "$*" in
            *--query-gpu=*) echo "index, uuid, name"; echo "0, GPU-1, A40"; echo "Unable to determine the device handle for GPU1: 0000:04:00.0: Unknown Error" >&2 ;;
            *) echo "gpu_uuid, pid, used_gpu_memory [MiB]"; echo "GPU-1, 42, 7 MiB" ;;
          esac; exit 14`,
        );
        const sample = await probe(shell);
        assert.deepEqual(
          sample.gpus?.map(({ index, uuid, state }) => [index, uuid, state]),
          [
            [0, 'GPU-1', 'ok'],
            [1, '', 'lost'],
          ],
        );
        assert.deepEqual(sample.gpuProcesses, [{ gpuUuid: 'GPU-1', pid: 42, memory: 7 * 1024 ** 2 }]);
      });

      it('leaves behind an nvidia-smi that neither answers nor ends, and asks it once only', async () => {
        fakeQuietHost();
        fake('nvidia-smi', 'trap "" TERM; echo $$ >>"$OUT"; echo "index, uuid"; while :; do sleep 1; done');
        try {
          const sample = await probe(shell, '1 s');
          assert.deepEqual([sample.gpus, sample.gpuProcesses], [null, null]);
          assert.deepEqual(sample.problems, ['GPUs: nvidia-smi hangs: no answer within 15 s']);
          assert.equal(sample.processes?.length, 1);
          assert.ok(sample.clockSkewS !== null);
        } finally {
          const called = readFileSync(join(folder.path, 'called'), 'utf8').trim().split('\n');
          for (const pid of called) process.kill(Number(pid), 'SIGKILL');
          assert.equal(called.length, 1);
        }
      });

      it('does not start an nvidia-smi beside one that is stuck', async () => {
        fake('ps', 'echo "root 7 1 D 08:14 1000 /usr/bin/nvidia-smi -q"');
        fake('nvidia-smi', 'echo called >>"$OUT"');
        const sample = await probe(shell);
        assert.equal(existsSync(join(folder.path, 'called')), false);
        assert.deepEqual(sample.problems, ['GPUs: nvidia-smi hangs: no answer within 15 s']);
      });

      it('starts one beside another that has just begun', async () => {
        fake('ps', 'echo "root 7 1 D 00:14 1000 /usr/bin/nvidia-smi -q"');
        fake('nvidia-smi', 'echo "No devices were found"; exit 6');
        assert.deepEqual((await probe(shell)).gpus, []);
      });

      it('cuts off an nvidia-smi that prints without end', async () => {
        fakeQuietHost();
        fake('nvidia-smi', 'while :; do echo "0, GPU-1, A40, 40960 MiB, 7000 MiB, 40 %, 49, 188.16 W"; done');
        const sample = await probe(shell);
        assert.deepEqual(sample.problems, ['GPUs: the output of nvidia-smi is missing or was cut off']);
      });

      it('reads the local disks when df hangs on another', async () => {
        fake('df', 'case $* in *l*) echo "/dev/sda1 100 50 50 50% /" ;; *) exec sleep 60 ;; esac');
        const sample = await probe(shell, '1 s');
        assert.deepEqual(sample.disks, [{ mount: '/', total: 102_400, free: 51_200 }]);
        assert.deepEqual(
          sample.problems.filter((problem) => !problem.startsWith('GPUs')),
          ['network disks: df hangs: no answer within 5 s'],
        );
      });

      it('does without a timeout command', async () => {
        fakeQuietHost();
        fake('timeout', 'exit 125');
        fake('nvidia-smi', 'echo $$ >>"$OUT"; exec sleep 60');
        const sample = await probe(shell, '1 s');
        assert.equal(sample.processes?.length, 1);
        assert.deepEqual(sample.problems, ['GPUs: nvidia-smi hangs: no answer within 15 s']);
        const pid = readFileSync(join(folder.path, 'called'), 'utf8').trim();
        // Ended, if perhaps not yet reaped.
        const state = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout;
        assert.match(state, /^Z|^$/);
      });

      it('falls back to the ps of busybox', async () => {
        fake(
          'ps',
          `case "$*" in
            *-A*|*etime*) echo "ps: bad -o argument" >&2; exit 1 ;;
            *) printf "%s\\n" "USER     PID   PPID  STAT RSS  COMMAND" "alice       77     1 S     13m python main.py" ;;
          esac`,
        );
        const { processes } = await probe(shell);
        const expected = {
          pid: 77,
          user: 'alice',
          startedAt: null,
          args: 'python main.py',
          rss: 13 * 1024 ** 2,
          state: 'S',
        };
        assert.deepEqual(processes, [expected]);
      });
    });
  }

  it('keeps the end of no command line beyond 4 KiB', async () => {
    fake('ps', `printf "root 7 1 S 08:14 1000 %s\\n" "$(head -c 9000 /dev/zero | tr '\\0' x)"`);
    const { processes } = await probe(['sh']);
    assert.equal(processes?.[0]?.args.length, 4096 - 'root 7 1 S 08:14 1000 '.length);
  });
});

function inOneSecond(program: string): string {
  const parts = program.split(new RegExp(`probe_bounded (?:${LIST_LIMIT_S}|${NVIDIA_SMI_LIMIT_S}) `));
  assert.equal(parts.length, 6);
  return parts.join('probe_bounded 1 ');
}
