import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseProbe } from '../../../src/core/probes/parse.ts';
import { LIST_LIMIT_S, PROBE_PROGRAM } from '../../../src/core/probes/program.ts';
import { NVIDIA_SMI_LIMIT_S } from '../../../src/core/probes/program-gpus.ts';
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

  /** Prints the table of these GPUs, or what `answer` says of an index, and writes down what it was asked. */
  function fakeSmi(answers: string): void {
    fakeQuietHost();
    fake(
      'nvidia-smi',
      `echo "$*" >>"$OUT"
      head="index, uuid, name, pci.bus_id, memory.used [MiB], mig.mode.current"
      row() { echo "$1, GPU-$1, A40, 00000000:0$1:00.0, 7 MiB, Disabled"; }
      case "$*" in ${answers}
        *compute-apps*) echo "gpu_uuid, pid, process_name, used_gpu_memory [MiB]"; echo "GPU-0, 42, py, 7 MiB" ;;
        *) exit 255 ;;
      esac`,
    );
  }

  /** The questions without their fields. */
  function questions(): string[] {
    return readFileSync(join(folder.path, 'called'), 'utf8')
      .trim()
      .split('\n')
      .map((line) =>
        line
          .replace('--format=csv ', '')
          .replace(/=.*,(\S+)$/, '=...$1')
          .trim(),
      );
  }

  /** Resolves when all pipes are closed, as an SSH channel does. `limits` shortens how long is waited. */
  async function probe(
    shell: readonly string[],
    limits: 'real' | '1 s' = 'real',
    over: {
      gpus?: string;
      roots?: readonly string[];
      env?: Readonly<Record<string, string>>;
      change?: (program: string) => string;
    } = {},
  ): Promise<HostSample> {
    const { gpus = 'all', roots = [], env = {}, change = (text: string) => text } = over;
    const program = change(limits === 'real' ? PROBE_PROGRAM : inOneSecond(PROBE_PROGRAM));
    const input = { nonce: NONCE, gpus, probe_roots: roots.join('\n') };
    const script = shellScript(`${SECTION_PRELUDE}${program}\nsection end\n`, input);
    const file = join(folder.path, 'script');
    writeFileSync(file, script);
    const askedAt = Date.now();
    const [command = '', ...rest] = shell;
    const child = spawn(command, [...rest, file], {
      env: { PATH: `${folder.path}${delimiter}${process.env.PATH}`, OUT: join(folder.path, 'called'), ...env },
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
    const context = { host: 'here', askedAt, receivedAt: Date.now(), previous: null, known: [], roots };
    return parseProbe(splitSections(output, NONCE), context).sample;
  }

  for (const shell of shells) {
    describe(`in ${shell.join(' ')}`, () => {
      it('reads this machine', async function () {
        if (process.platform !== 'linux') this.skip();
        const sample = await probe(shell);
        assert.deepEqual(
          sample.problems.filter((problem) => !/^(?:GPUs|kernel log)/.test(problem)),
          [],
        );
        assert.equal(sample.clockSkewS !== null && Math.abs(sample.clockSkewS) <= 1, true);
        assert.ok(sample.cpu.cores !== null && sample.cpu.cores >= availableParallelism());
        assert.ok(sample.cpu.load1 !== null);
        assert.ok(sample.memory !== null && sample.memory.total <= totalmem());
        assert.ok(sample.memory.available > 0 && sample.memory.available < sample.memory.total);
        assert.ok((sample.disks?.find(({ mount }) => mount === '/')?.inodes?.total ?? 0) > 0);
        assert.ok(sample.oomKills.host !== null);
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
        assert.deepEqual(sample.gpuProcesses, [{ gpuUuid: 'GPU-1', pid: 42, memory: 7 * 1024 ** 2, name: null }]);
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
        // No process of this machine has the number, so that none is found to have woken.
        fake('ps', 'echo "root 9999999 1 D 08:14 1000 /usr/bin/nvidia-smi -q"');
        fake('nvidia-smi', 'echo called >>"$OUT"');
        const sample = await probe(shell);
        assert.equal(existsSync(join(folder.path, 'called')), false);
        assert.ok(sample.problems.includes('GPUs: nvidia-smi hangs: no answer within 15 s'));
      });

      it('starts one where only a command line looks like one that is stuck', async () => {
        fake('ps', 'echo "root 7 1 S 08:14 1000 sh -c DISPLAY=:0 watch nvidia-smi"');
        fake('nvidia-smi', 'echo "No devices were found"; exit 6');
        assert.deepEqual((await probe(shell)).gpus, []);
      });

      it('starts one beside a loop that has left its uninterruptible sleep', async function () {
        if (process.platform !== 'linux') this.skip();
        fake('ps', `echo "ann b ${process.pid} 1 D 1-08:14:00 1000 nvidia-smi -l 1"`);
        fake('nvidia-smi', 'echo "No devices were found"; exit 6');
        assert.deepEqual((await probe(shell)).gpus, []);
      });

      it('reads 10,000 processes, and whose trainers they are', async () => {
        const name = join(folder.path, 'table');
        const loader = `python main.py --config-filepath configs/a.py ${'--option=1 '.repeat(60)}`;
        const other = `/usr/lib/service ${'--flag '.repeat(40)}`;
        const rows = Array.from(
          { length: 10_000 },
          (_, index) => `ann ${String(index + 1).padStart(7)} 1 S 10:00 1000 ${index % 10 === 0 ? loader : other}`,
        );
        writeFileSync(name, `${rows.join('\n')}\n`);
        fake('ps', `cat ${name}`);
        const { processes, problems } = await probe(shell);
        assert.equal(processes?.length, 10_000);
        assert.equal(processes.filter(({ args }) => args.includes('--config-filepath configs/a.py')).length, 1000);
        assert.equal(problems.filter((text) => text.startsWith('processes')).length, 0);
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
        assert.deepEqual(sample.disks, [
          { mount: '/', total: 102_400, free: 51_200, inodes: { total: 100, free: 50 } },
        ]);
        assert.deepEqual(
          sample.problems.filter((problem) => !/^(?:GPUs|kernel log)/.test(problem)),
          ['network disks: df hangs: no answer within 4 s'],
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
          cwd: null,
        };
        assert.deepEqual(processes, [expected]);
      });

      it('asks for fewer fields where a driver does not know one, and then only', async () => {
        fakeSmi(
          '*mig.mode*) echo "Field \\"mig.mode.current\\" is not a valid field to query."; exit 2 ;; *query-gpu*) echo "$head"; row 0 ;;',
        );
        const sample = await probe(shell);
        assert.deepEqual(
          sample.gpus?.map(({ uuid, busId }) => [uuid, busId]),
          [['GPU-0', '0000:00:00.0']],
        );
        assert.deepEqual(questions(), [
          '--query-gpu=...mig.mode.current',
          '--query-gpu=...power.draw',
          '--query-compute-apps=...used_gpu_memory',
        ]);
      });

      it('asks each GPU where a lost one keeps the driver from telling of any', async () => {
        const lost = 'echo "Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error"; exit 255';
        fakeSmi(
          `"-i 0 "*query-gpu*) echo "$head"; row 0 ;; "-i 2 "*query-gpu*) echo "$head"; row 2 ;; "-i 3 "*) echo "No devices were found"; exit 6 ;; *query-gpu*) ${lost} ;;`,
        );
        const sample = await probe(shell);
        assert.deepEqual(
          sample.gpus?.map(({ index, uuid, busId, state }) => [index, uuid, busId, state]),
          [
            [0, 'GPU-0', '0000:00:00.0', 'ok'],
            [1, '', '0000:01:00.0', 'lost'],
            [2, 'GPU-2', '0000:02:00.0', 'ok'],
          ],
        );
        assert.equal(sample.gpuProcesses?.length, 1);
        const fields = '--query-gpu=...mig.mode.current';
        const each = [0, 1, 2, 3].map((index) => `-i ${index} ${fields}`);
        assert.deepEqual(questions(), [fields, ...each, '-i 0,2 --query-compute-apps=...used_gpu_memory']);
      });

      it('asks one by one for those that are watched only', async () => {
        fakeSmi('"-i 5 "*query-gpu*) echo "$head"; row 5 ;; *query-gpu*) echo "GPU is lost"; exit 15 ;;');
        const { gpus } = await probe(shell, 'real', { gpus: '5' });
        assert.deepEqual(
          gpus?.map(({ index }) => index),
          [5],
        );
      });

      it('stops where one of them hangs', async () => {
        fakeSmi('"-i 1 "*) exec sleep 60 ;; "-i "*) echo "$head"; row 0 ;; *) echo "GPU is lost"; exit 15 ;;');
        const sample = await probe(shell, '1 s');
        assert.deepEqual([sample.gpus?.length, sample.gpuProcesses], [1, null]);
        assert.equal(questions().length, 3);
      });

      it('lists MIG instances where there are any', async () => {
        fakeSmi(
          '-L) echo "GPU 0: A (UUID: GPU-0)"; echo "  MIG 1g.5gb Device 0: (UUID: MIG-a)" ;; *query-gpu*) echo "$head"; row 0 | sed s/Disabled/Enabled/ ;;',
        );
        const { gpus } = await probe(shell);
        assert.deepEqual(gpus?.[0]?.mig, [{ index: 0, uuid: 'MIG-a', profile: '1g.5gb' }]);
        assert.equal(questions()[1], '-L');
      });

      it('does not join an nvidia-smi of its own that has not ended', async () => {
        fakeSmi('*query-gpu*) echo "$head"; row 0 ;;');
        await probe(shell);
        const args = readFileSync(join(folder.path, 'called'), 'utf8').split('\n')[0];
        for (const [age, said] of [
          ['00:12', 'GPUs: not asked, as an nvidia-smi of another probe has not ended yet'],
          ['01:12', 'GPUs: nvidia-smi hangs: no answer within 15 s'],
        ] as const) {
          fake('ps', `echo "root 7 1 S ${age} 1000 /usr/bin/nvidia-smi ${args}"`);
          assert.deepEqual(
            (await probe(shell)).problems.filter((text) => text.startsWith('GPUs')),
            [said],
          );
        }
        fake('ps', `echo "root 7 1 S 01:12 1000 /usr/bin/nvidia-smi ${args} -l 1"`);
        assert.equal((await probe(shell)).gpus?.length, 1, 'a loop of somebody else');
        assert.equal(questions().length, 4);
      });

      it('reads where trainers work, and keeps only their command lines whole', async function () {
        if (process.platform !== 'linux') this.skip();
        mkdirSync(join(folder.path, 'my -> work'));
        const config = `configs/${'x'.repeat(1000)}.py`;
        const cwd = join(folder.path, 'my -> work');
        const trainer = spawn('sleep', ['60'], { cwd, argv0: `sleep --config-filepath ${config}` });
        const other = spawn('sleep', ['60'], { cwd, argv0: `sleep ${config}` });
        try {
          const { processes } = await probe(shell, 'real', { env: { PS_PERSONALITY: 'bsd', QUOTING_STYLE: 'c' } });
          const seen = (pid: number | undefined) => processes?.find((process) => process.pid === pid);
          assert.equal(seen(trainer.pid)?.cwd, cwd);
          assert.ok(seen(trainer.pid)?.args.includes(config));
          assert.equal(seen(other.pid)?.cwd, null);
          assert.ok((seen(other.pid)?.args.length ?? 0) < 320);
        } finally {
          trainer.kill();
          other.kill();
        }
      });

      it('finds roots, through links, and leaves out those that are not there', async () => {
        fakeQuietHost();
        const real = join(folder.path, 'a disk');
        const link = join(folder.path, 'link');
        mkdirSync(real);
        symlinkSync(real, link);
        const roots = [link, '/gone', real, "/'; echo 9 /x", '/*'];
        const sample = await probe(shell, 'real', { roots });
        assert.deepEqual(sample.roots, { [link]: real, [real]: real });
      });

      for (const [name, dmesg, journal, expected] of [
        ['dmesg', 'echo "[1.500000] NVRM: Xid (PCI:0000:3b:00): 79, x"', 'exit 1', [79]],
        ['dmesg, where nothing happened', 'echo "[1.500000] Linux"', 'exit 1', []],
        ['the journal', 'exit 1', 'echo "1768478400.123456 h kernel: NVRM: Xid (PCI:0000:3b:00): 31, x"', [31]],
        ['neither', 'echo "dmesg: Operation not permitted" >&2; exit 1', 'echo "-- No entries --"', null],
      ] as const) {
        it(`reads the kernel log: ${name}`, async () => {
          fakeQuietHost();
          fake('dmesg', dmesg);
          fake('journalctl', journal);
          const { kernelEvents, problems } = await probe(shell);
          const codes = kernelEvents?.map((event) => (event.kind === 'xid' ? event.code : null)) ?? null;
          assert.deepEqual(codes, expected);
          assert.equal(problems.filter((text) => text.startsWith('kernel log')).length, expected === null ? 1 : 0);
        });
      }

      it('reads a Mac', async () => {
        const noProc = (program: string) => program.replaceAll('/proc', '/no-proc');
        fake(
          'ps',
          `case "$*" in *user:64*) exit 1 ;; *) printf "%s\\n" "USER PID PPID STAT ELAPSED RSS ARGS" "ann 77 1 Ss 01-02:03:04 2048 /usr/bin/python train.py" ;; esac`,
        );
        fake('getconf', 'exit 1');
        fake(
          'sysctl',
          'case "$*" in "-n hw.ncpu") echo 10 ;; "-n vm.loadavg") echo "{ 1.96 2.10 2.22 }" ;; hw.memsize) echo "hw.memsize: 17179869184" ;; *) exit 1 ;; esac',
        );
        fake(
          'vm_stat',
          'echo "Mach Virtual Memory Statistics: (page size of 16384 bytes)"; printf "Pages %s: %s.\\n" free 100 active 5 inactive 200 speculative 30',
        );
        fake(
          'df',
          'case $* in -Pk) echo "/dev/disk3s1s1 482797652 10000000 300000000 4% /" ;; *) echo "/dev/disk3s1s1 965595304 20000000 600000000 4% 300 900 0% /" ;; esac',
        );
        fake('dmesg', 'echo "usage: sudo dmesg"; exit 1');
        fake('journalctl', 'exit 127');
        fake('timeout', 'exit 127');
        const sample = await probe(shell, 'real', { change: noProc });
        assert.deepEqual(sample.cpu, { pct: null, cores: 10, load1: 1.96 });
        assert.deepEqual(sample.memory, { total: 16 * 1024 ** 3, available: 330 * 16_384 });
        assert.deepEqual(sample.disks?.[0], {
          mount: '/',
          total: 482_797_652 * 1024,
          free: 300_000_000 * 1024,
          inodes: null,
        });
        assert.deepEqual([sample.processes?.[0]?.user, sample.oomKills], ['ann', { host: null, cgroup: null }]);
      });
    });
  }

  it('keeps the end of no command line beyond 4 KiB', async () => {
    fake('ps', `printf "root 7 1 S 08:14 1000 python%s\\n" "$(head -c 9000 /dev/zero | tr '\\0' x)"`);
    const { processes } = await probe(['sh']);
    assert.equal(processes?.[0]?.args.length, 4096 - 'root 7 1 S 08:14 1000 '.length);
  });
});

function inOneSecond(program: string): string {
  const limits = new RegExp(`probe_bounded ${LIST_LIMIT_S} |(?<=probe_left=|\\+ )${NVIDIA_SMI_LIMIT_S}\\b`, 'g');
  const changed = program.replace(limits, (found) => (found.startsWith('probe_bounded') ? 'probe_bounded 1 ' : '2'));
  assert.notEqual(changed, program);
  return changed;
}
