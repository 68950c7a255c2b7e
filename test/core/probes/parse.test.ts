import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseProbe } from '../../../src/core/probes/parse.ts';
import { splitSections } from '../../../src/core/sections.ts';

const NONCE = '0123456789abcdef';
const T = 1_768_478_400_000;
const debian = readFixture('debian');
const alpine = readFixture('alpine');

function readFixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/probes/${name}.txt`, import.meta.url), 'utf8');
}

function parse(output: string, over: Partial<Parameters<typeof parseProbe>[1]> = {}) {
  const context = {
    host: 'gpu1',
    askedAt: T,
    receivedAt: T + 300,
    previous: null,
    known: [],
    roots: ['/nfs/lab', '/gone'],
    ...over,
  };
  return parseProbe(splitSections(output, NONCE), context);
}

describe('parseProbe', () => {
  it('reads a Debian host whole', () => {
    const { sample, ticks } = parse(debian, { previous: { total: 400_000, idle: 330_000 } });
    assert.deepEqual(ticks, { total: 439_592, idle: 347_946 });
    assert.deepEqual(
      { ...sample, processes: null },
      {
        host: 'gpu1',
        at: T + 300,
        clockSkewS: 0.2,
        cpu: { pct: 54.7, cores: 16, load1: 2.91 },
        memory: { total: 24_684_084 * 1024, available: 23_750_772 * 1024 },
        disks: [
          {
            mount: '/',
            total: 264_212_084 * 1024,
            free: 82_274_048 * 1024,
            inodes: { total: 16_777_216, free: 15_728_640 },
          },
          { mount: '/data/my files', total: 1_000_000_000 * 1024, free: 0, inodes: null },
        ],
        gpus: [
          {
            index: 0,
            uuid: 'GPU-8270baf7-b877-d723-cc89-ace36fbafdf6',
            name: 'NVIDIA A40',
            state: 'ok',
            utilPct: 0,
            memory: { total: 46_068 * 1024 ** 2, used: 44_100 * 1024 ** 2 },
            tempC: 34,
            powerW: 33.1,
            busId: '0000:3b:00.0',
            powerLimitW: 300,
            clocks: { sm: 1740, smMax: 1740, memory: 7251 },
            throttle: ['power-cap'],
            ecc: { corrected: 0, uncorrected: 0 },
            mig: null,
          },
        ],
        gpuProcesses: [
          {
            gpuUuid: 'GPU-8270baf7-b877-d723-cc89-ace36fbafdf6',
            pid: 4100,
            memory: 44_100 * 1024 ** 2,
            name: '/opt/conda/bin/python, really',
          },
        ],
        processes: null,
        oomKills: { host: 3, cgroup: 1 },
        kernelEvents: [
          {
            kind: 'xid',
            at: 1_768_400_000_000 - 200,
            busId: '0000:3b:00.0',
            code: 79,
            pid: null,
            text: "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
          },
          {
            kind: 'oom-kill',
            at: 1_768_400_001_500 - 200,
            pid: 4300,
            process: 'python',
            cgroup: false,
            text: 'Out of memory: Killed process 4300 (python) total-vm:22kB, anon-rss:19kB, file-rss:0kB',
          },
        ],
        roots: { '/nfs/lab': '/srv/lab' },
        problems: [],
      },
    );
    assert.equal(sample.processes?.length, 5);
    assert.deepEqual(sample.processes[2], {
      pid: 4100,
      user: 'anna.maria.garcia@physics.lab.example',
      startedAt: T + 100 - (5 * 3600 + 10) * 1000,
      args: '/home/anna/miniconda3/envs/py310/bin/python main.py --config-filepath configs/exp/é  b.py',
      rss: 18_123_004 * 1024,
      state: 'R',
      cwd: '/nfs/lab/my project',
    });
    assert.deepEqual(
      sample.processes.map(({ state }) => state),
      ['S', 'S', 'R', 'D', 'Z'],
    );
  });

  it("reads busybox's forms, a cgroup's limit and a container's root", () => {
    const { sample } = parse(alpine);
    assert.deepEqual(sample.memory, { total: 8 * 1024 ** 3, available: 3 * 1024 ** 3 });
    assert.deepEqual(sample.disks, [{ mount: '/', total: 264_212_084 * 1024, free: 79_968_832 * 1024, inodes: null }]);
    assert.deepEqual(
      sample.processes?.map(({ pid, user, startedAt, rss, state }) => [pid, user, startedAt, rss, state]),
      [
        [1, 'root', T + 150 - (4521 * 60 + 7) * 1000, 20 * 1024 ** 2, 'S'],
        [3, 'root', T + 150 - 9_000, 0, 'S'],
        [19764, 'alice', T + 150 - 185_000, Math.round(1.2 * 1024 ** 3), 'S'],
      ],
    );
    assert.deepEqual([sample.gpus, sample.gpuProcesses, sample.cpu.pct], [[], [], null]);
    assert.deepEqual([sample.kernelEvents, sample.oomKills, sample.roots], [null, { host: null, cgroup: null }, {}]);
    assert.equal(sample.problems.length, 1);
    assert.match(sample.problems[0] ?? '', /^kernel log: may not be read by this user/);
  });

  const parts = [
    ['stat', (s) => [s.cpu.cores, s.cpu.pct], [null, null]],
    ['loadavg', (s) => s.cpu.load1, null],
    ['meminfo', (s) => s.memory, null],
    ['ps', (s) => s.processes, null],
    ['disks', (s) => s.disks, null],
    ['gpus', (s) => s.gpus, null],
    ['gpuprocs', (s) => s.gpuProcesses, null],
    ['kernel', (s) => s.kernelEvents, null],
    ['time', (s) => [s.clockSkewS, s.processes?.[0]?.startedAt ?? null], [null, null]],
  ] satisfies [string, (sample: ReturnType<typeof parse>['sample']) => unknown, unknown][];
  for (const [section, pick, expected] of parts) {
    it(`tells that ${section} is missing, and keeps the rest`, () => {
      const { sample } = parse(debian.replace(`#${NONCE} ${section}\n`, `#${NONCE} other\n`));
      assert.deepEqual(pick(sample), expected);
      assert.ok(sample.problems.length > 0 && sample.problems.length <= 3, sample.problems.join('\n'));
    });

    it(`takes nothing from a ${section} that broke off`, () => {
      const at = debian.indexOf(`#${NONCE} ${section}\n`) + `#${NONCE} ${section}\n`.length;
      assert.deepEqual(pick(parse(debian.slice(0, at + 3)).sample), expected);
    });
  }

  it('reads the local disks when a network mount hangs', () => {
    const rows = debian.slice(debian.indexOf('Filesystem'), debian.indexOf('nas:'));
    const hung = debian.replace(/ disks\n[^#]*/, ` disks\n\nexit 124\n\n#${NONCE} disks:local\n${rows}\nexit 0\n\n`);
    const { sample } = parse(hung);
    assert.deepEqual(
      sample.disks?.map(({ mount }) => mount),
      ['/'],
    );
    assert.deepEqual(sample.problems, ['network disks: df hangs: no answer within 4 s']);
  });

  it('tells what df said when it said nothing else', () => {
    const failed = debian.replace(
      / disks\n[^#]*/,
      ` disks\ndf: cannot read table of mounted file systems\n\nexit 1\n\n`,
    );
    const { sample } = parse(failed);
    assert.equal(sample.disks, null);
    assert.deepEqual(sample.problems, ['disks: df failed (exit 1): df: cannot read table of mounted file systems']);
  });

  it('never throws on a damaged answer, and never takes unknown for nothing', () => {
    const lines = debian.split('\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(lines.length - 1), fc.oneof(fc.string(), fc.constantFrom('[N/A]', '', '0, , ,')))),
        fc.nat(debian.length),
        (edits, length) => {
          const damaged = [...lines];
          for (const [index, text] of edits) damaged[index] = text;
          const { sample } = parse(damaged.join('\n').slice(0, length));
          for (const gpu of sample.gpus ?? []) assert.notEqual(gpu.memory.used, 0);
          assert.notEqual(sample.cpu.cores, 0);
          assert.notEqual(sample.cpu.load1, 0);
          assert.notEqual(sample.memory?.available, 0);
          for (const { total } of sample.disks ?? []) assert.notEqual(total, 0);
          assert.notEqual(sample.processes?.length, 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads marks and rubbish in any cell of a GPU as unknown', () => {
    const mark = fc.oneof(
      fc.constantFrom('[N/A]', 'N/A', '[Not Supported]', '[Unknown Error]', '[Not Found]', '[GPU is lost]', '', 'ERR!'),
      fc.string().filter((text) => !/[\d,\n]/.test(text)),
    );
    const header =
      'index, uuid, name, memory.total [MiB], memory.used [MiB], utilization.gpu [%], temperature.gpu, power.draw [W]';
    fc.assert(
      fc.property(fc.array(mark, { minLength: 5, maxLength: 5 }), (cells) => {
        const row = ['0', 'GPU-8270baf7-b877-d723-cc89-ace36fbafdf6', 'A40', ...cells].join(', ');
        const { sample } = parse(`\n#${NONCE} gpus\n${header}\n${row}\n\nexit 0\n\n#${NONCE} end`);
        const [gpu] = sample.gpus ?? [];
        const figures = [gpu?.memory.total, gpu?.memory.used, gpu?.utilPct, gpu?.tempC, gpu?.powerW];
        assert.deepEqual(figures, [null, null, null, null, null]);
      }),
    );
  });
});
