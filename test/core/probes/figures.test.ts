import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDisks } from '../../../src/core/probes/disks.ts';
import { compareClocks } from '../../../src/core/probes/host-clock.ts';
import { parseMemory, parseOomKills } from '../../../src/core/probes/meminfo.ts';
import { parseProcesses, processElapsed, readProcesses } from '../../../src/core/probes/ps.ts';
import { cpuPercentage, parseCores, parseCpuTicks, parseLoad } from '../../../src/core/probes/stat.ts';

const NO_CWDS: ReadonlyMap<number, string> = new Map();

describe('cpuPercentage', () => {
  const before = { total: 1000, idle: 800 };
  for (const [name, now, expected] of [
    ['a quarter', { total: 1400, idle: 1100 }, 25],
    ['nothing', { total: 1400, idle: 1200 }, 0],
    ['all', { total: 1400, idle: 800 }, 100],
    ['waiting for disks stepped back', { total: 1400, idle: 799 }, 100],
    ['no time between', { total: 1000, idle: 800 }, null],
    ['the host was restarted', { total: 50, idle: 40 }, null],
    ['more idle than time', { total: 1001, idle: 1400 }, null],
    ['unknown now', null, null],
  ] as const) {
    it(`${name}: ${expected}`, () => assert.equal(cpuPercentage(before, now), expected));
  }
  it('is unknown at first', () => assert.equal(cpuPercentage(null, before), null));
});

describe('counters of /proc/stat', () => {
  it('reads a kernel that has fewer columns', () => {
    assert.deepEqual(parseCpuTicks('cpu  10 20 30 40\n2'), { total: 100, idle: 40 });
  });
  it('knows nothing from less', () => {
    for (const body of ['', 'cpu  1 2 3', 'cpu0 1 2 3 4', 'cpu  a b c d']) assert.equal(parseCpuTicks(body), null);
    for (const body of ['', '0', 'cpu  1 2 3 4', 'none']) assert.equal(parseCores(body), null);
  });
  it('reads the load of Linux and of macOS', () => {
    assert.equal(parseLoad('0.00 0.01 0.05 1/9 1'), 0);
    assert.equal(parseLoad('{ 1.96 2.10 2.22 }'), 1.96);
    assert.equal(parseLoad('n/a'), null);
  });
});

describe('parseMemory', () => {
  const machine = 'MemTotal:  1000 kB\nMemAvailable:  600 kB\n';
  const v1 = '/sys/fs/cgroup/memory/memory';
  const v2 = (path: string, limit: number, used: number) =>
    `/sys/fs/cgroup/${path}/memory.max:${limit}\n/sys/fs/cgroup/${path}/memory.current:${used}\n`;
  for (const [name, body, expected] of [
    ['no cgroup', machine, [1000, 600]],
    ['before Linux 3.14', 'MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 30 kB\n', [1000, 150]],
    ['a limit of max', `${machine}/sys/fs/cgroup/memory.max:max\n`, [1000, 600]],
    ['a limit above the machine', `${machine}/sys/fs/cgroup/memory.max:99999999\n`, [1000, 600]],
    ['a limit', `${machine}${v1}.limit_in_bytes:409600\n${v1}.usage_in_bytes:307200\n`, [400, 100]],
    ['a limit, the machine fuller', `${machine}${v1}.limit_in_bytes:921600\n${v1}.usage_in_bytes:0\n`, [900, 600]],
    ['a limit without use', `${machine}${v1}.limit_in_bytes:409600\n`, null],
    ['no total', 'MemAvailable: 600 kB', null],
    ['nothing available told', 'MemTotal: 1000 kB\nMemFree: 1 kB', null],
    ['a limit around it', `${machine}${v2('job/step', 819_200, 204_800)}${v2('job', 409_600, 307_200)}`, [400, 100]],
    ['two limits', `${machine}${v2('job/step', 204_800, 0)}${v2('job', 409_600, 307_200)}`, [200, 100]],
    [
      'macOS',
      'hw.memsize: 17179869184\nMach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free:      100000.\nPages active:     300000.\nPages inactive:   200000.\nPages speculative:   4096.\nPages throttled:  0.\n',
      [16 * 1024 ** 2, (304_096 * 16_384) / 1024],
    ],
    ['macOS, told in part', 'hw.memsize: 17179869184\nPages free: 1.', null],
    ['nothing', '', null],
  ] as const) {
    it(name, () => {
      const memory = parseMemory(body);
      assert.deepEqual(memory && [memory.total / 1024, memory.available / 1024], expected);
    });
  }
});

describe('parseOomKills', () => {
  for (const [name, body, expected] of [
    [
      'version 2, of the innermost cgroup',
      '/proc/vmstat:oom_kill 7\n/sys/fs/cgroup/a/b/memory.events:oom_kill 2\n/sys/fs/cgroup/a/memory.events:oom_kill 5',
      { host: 7, cgroup: 2 },
    ],
    ['version 1', '/sys/fs/cgroup/memory/a/memory.oom_control:oom_kill 3', { host: null, cgroup: 3 }],
    ['none yet', '/proc/vmstat:oom_kill 0', { host: 0, cgroup: null }],
    ['before Linux 4.13', '/proc/vmstat:pgfault 1', { host: null, cgroup: null }],
    ['nothing', '', { host: null, cgroup: null }],
  ] as const) {
    it(name, () => assert.deepEqual(parseOomKills(body), expected));
  }
});

describe('parseDisks', () => {
  it('joins the inodes by mount; file systems that count none have none', () => {
    const disks = parseDisks(
      ['/dev/sda1 100 50 50 50% /', '/dev/sdb1 100 50 50 50% /data disk', 'btrfs 100 50 50 50% /b', 'x 9 9 9 9% /x'],
      [
        'Filesystem Inodes IUsed IFree IUse% Mounted on',
        '/dev/sda1 1000 10 990 1% /',
        '/dev/sdb1 500 500 0 100% /data disk',
        'btrfs 0 0 0 - /b',
      ],
    );
    assert.deepEqual(
      disks.map(({ inodes }) => inodes),
      [{ total: 1000, free: 990 }, { total: 500, free: 0 }, null, null],
    );
  });

  it('reads macOS, ZFS, FUSE, and leaves out what is empty', () => {
    const mounts = parseDisks(
      [
        'Filesystem     1024-blocks      Used Available Capacity  Mounted on',
        '/dev/disk3s1s1   482797652  10000000 300000000     4%    /',
        'map auto_home            0         0         0   100%    /System/Volumes/Data/home',
        'tank/home        482797652  10000000 300000000     4%    /home',
        'alice@nas:/      482797652  10000000 300000000     4%    /home/alice/nas',
        'overlay          482797652  10000000 300000000     4%    /var/lib/docker/overlay2/1/merged',
        'devfs                  100       100         0   100%    /dev',
        '/dev/loop7              64        64         0   100%    /snap/core/1',
        'snapfuse                64        64         0   100%    /snap/lxd/1',
        '/dev/sr0                64        64         0   100%    /media/cdrom',
        'gone                     -         -         -      -    /gone',
      ],
      [],
    ).map(({ mount }) => mount);
    assert.deepEqual(mounts, ['/', '/home', '/home/alice/nas']);
  });
});

describe('processElapsed', () => {
  for (const [text, seconds] of [
    ['00:07', 7],
    ['59:59', 3599],
    ['01:00:00', 3600],
    ['23:59:59', 86_399],
    ['1-00:00:00', 86_400],
    ['120-02:36:45', 120 * 86_400 + 2 * 3600 + 36 * 60 + 45],
    ['4521:07', 4521 * 60 + 7],
    ['-', null],
    ['', null],
    ['7', null],
    ['1-2', null],
    ['00:00:00:00', null],
  ] as const) {
    it(`${text || 'nothing'} is ${seconds}`, () => {
      assert.equal(processElapsed(text), seconds === null ? null : seconds * 1000);
    });
  }
});

describe('parseProcesses', () => {
  for (const [line, user, args] of [
    ['root 1 0 Ss 36:45 19700 /sbin/init', 'root', '/sbin/init'],
    ['DOM\\john smith 77 1 R+ 1-01:00:00 5 python', 'DOM\\john smith', 'python'],
    ['bob 42 1 Sl 00:01 5 x 1 2 S 00:01 3 root 1 0 S 00:01 5 init', 'bob', 'x 1 2 S 00:01 3 root 1 0 S 00:01 5 init'],
    ['bob 42 1 S - 5 ', 'bob', ''],
    ['bob 42 1 S 19:00 5   two  blanks ', 'bob', '  two  blanks '],
    ['root 9 2 IW< 0 [kworker/R-slub_]', 'root', '[kworker/R-slub_]'],
    ['bob 42 1 tl+ 00:01 5 stopped by its debugger', 'bob', 'stopped by its debugger'],
  ] as const) {
    it(line, () => {
      const [row, ...more] = parseProcesses([line], NO_CWDS, 0);
      assert.deepEqual([row?.user, row?.args, more], [user, args, []]);
    });
  }

  it('says where a user may see only some: init is in every whole table', () => {
    const read = (pid: number) => readProcesses({ lines: [`ann ${pid} 1 S 00:01 5 x`], exit: 0 }, NO_CWDS, 0);
    assert.equal(read(1).problem, null);
    assert.match(read(77).problem ?? '', /^processes: those of other users may not be seen/);
    assert.equal(read(77).value?.length, 1);
  });

  it('knows no start where ps tells no age or the clock is not known', () => {
    assert.equal(parseProcesses(['root 9 2 S 0 x'], NO_CWDS, 0)[0]?.startedAt, null);
    assert.equal(parseProcesses(['root 9 2 S 00:01 0 x'], NO_CWDS, null)[0]?.startedAt, null);
  });

  it('reads any command line as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const args = text.replaceAll(/[\n\r\u2028\u2029]/g, '');
        assert.equal(parseProcesses([`root 1 0 S 00:01 5 ${args}`], NO_CWDS, 0)[0]?.args, args);
      }),
    );
  });
});

describe('compareClocks', () => {
  const asked = 1_768_478_400_000;
  for (const [name, began, ended, roundTrip, skew, answered] of [
    ['level', '1768478400.500000000', '1768478400.500000000', 1000, 0, 500],
    ['ahead', '1768478460.500', '1768478460.500', 1000, 60, 500],
    ['behind', '1768478390.500', '1768478390.500', 1000, -10, 500],
    ['whole seconds', '1768478400.%N', '1768478400.%N', 1000, 0, 500],
    ['16 s of work do not count', '1768478400.500', '1768478416.500', 17_000, 0, 500],
    ['an end that was cut off', '1768478400.500', '', 1000, 0, 500],
    ['a host whose clock was set back meanwhile', '1768478400.500', '1768478300.500', 1000, 0, 500],
    ['a wait that is too long', '1768478400.500', '1768478400.500', 11_000, null, null],
    ['no time', 'date: bad format', '', 1000, null, null],
    ["the bot's clock was set back meanwhile", '1768478400.500', '1768478400.500', -1, null, null],
  ] as const) {
    it(name, () => {
      const clock = compareClocks(began, ended, asked, asked + roundTrip);
      assert.deepEqual(clock, { skewS: skew, answeredAt: answered === null ? null : asked + answered });
    });
  }
});
