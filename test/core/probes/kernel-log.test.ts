import assert from 'node:assert/strict';
import { readKernelLog } from '../../../src/core/probes/kernel-log.ts';
import type { KernelEvent } from '../../../src/domain/host.ts';

const BOOT = 1_768_000_000;

function read(lines: readonly string[], exit: number | null = 0, skewS: number | null = 0) {
  return readKernelLog({ lines, exit }, BOOT, skewS);
}

function only(line: string): Partial<KernelEvent> | undefined {
  return read([line]).value?.[0];
}

describe('readKernelLog', () => {
  for (const [name, line, expected] of [
    [
      'dmesg',
      '[  100.250000] NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.',
      { at: (BOOT + 100.25) * 1000, busId: '0000:3b:00.0', code: 79, pid: 1234 },
    ],
    [
      'dmesg with callers',
      '[  100.250000][  T123] NVRM: Xid (PCI:0000:3b:00): 31, pid=1234, name=python, Ch 0000001e',
      { at: (BOOT + 100.25) * 1000, code: 31 },
    ],
    [
      'the journal',
      '1768478400.123456 gpu1 kernel: NVRM: Xid (PCI:000F:01:00): 48, pid=7, DBE',
      { at: 1_768_478_400_123, busId: '000f:01:00.0', code: 48, pid: 7 },
    ],
    [
      'an old driver',
      '[1.000000] NVRM: Xid (0000:02:00): 62, 2e4c(2d98)',
      { busId: '0000:02:00.0', code: 62, pid: null },
    ],
    ['nobody’s', "[1.000000] NVRM: Xid (PCI:0000:02:00): 79, pid='<unknown>', name=<unknown>", { pid: null }],
    [
      'a MIG instance’s',
      "[1.000000] NVRM: Xid (PCI:0000:02:00 GPU-I:05): 94, pid='77', name=python, Contained error",
      { busId: '0000:02:00.0', code: 94, pid: 77 },
    ],
    ['no time', 'NVRM: Xid (PCI:0000:02:00): 13, pid=1', { at: null, code: 13 }],
    [
      'of a host',
      '[2.000000] Out of memory: Killed process 9 (python) total-vm:1kB',
      { process: 'python', cgroup: false },
    ],
    [
      'a cgroup’s',
      '[2.000000] Memory cgroup out of memory: Killed process 9 (py) total-vm:1kB',
      { pid: 9, cgroup: true },
    ],
    [
      'before 4.19',
      '[2.000000] Out of memory: Kill process 9 (java) score 900 or sacrifice child',
      { process: 'java' },
    ],
    ['of a name with brackets', '[2.000000] Out of memory: Killed process 9 (a) (b)) total-vm:1kB', { pid: 9 }],
    [
      'what asked for it alone',
      '[2.000000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,task_memcg=/a,task=my prog,pid=9,uid=0',
      { process: 'my prog', pid: 9, cgroup: true },
    ],
  ] as const) {
    it(`reads ${name}`, () => {
      const event = only(line);
      const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, event?.[key as keyof typeof event]]));
      assert.deepEqual(picked, expected);
    });
  }

  it('tells one kill once, and two kills of one pid twice', () => {
    const asked = (at: number) =>
      `[${at}.000000] oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/a,task=python,pid=9,uid=0`;
    const killed = (at: number) => `[${at}.000000] Memory cgroup out of memory: Killed process 9 (python) total-vm:1kB`;
    const { value } = read([asked(10), killed(11), asked(900), killed(900)]);
    assert.deepEqual(
      value?.map(({ at, text }) => [(at ?? 0) / 1000 - BOOT, text.slice(0, 13)]),
      [
        [10, 'Memory cgroup'],
        [900, 'Memory cgroup'],
      ],
    );
  });

  it('takes the times into the bot’s clock, and has none where that cannot be', () => {
    const line = '[100.000000] NVRM: Xid (PCI:0000:3b:00): 79';
    assert.equal(read([line], 0, 60).value?.[0]?.at, (BOOT + 40) * 1000);
    assert.equal(read([line], 0, null).value?.[0]?.at, null);
    assert.equal(readKernelLog({ lines: [line], exit: 0 }, null, 0).value?.[0]?.at, null);
  });

  it('takes control characters out, and what only looks like the kernel for nothing', () => {
    const [event] = read(['[1.000000] NVRM: Xid (PCI:0000:3b:00): 79, \x1b[31mred\x07']).value ?? [];
    assert.equal(event?.text, 'NVRM: Xid (PCI:0000:3b:00): 79,  [31mred');
    for (const line of [
      '[1.000000] systemd[1]: fake NVRM: Xid (PCI:0000:3b:00): 79',
      '1768478400.123456 gpu1 sshd[77]: NVRM: Xid (PCI:0000:3b:00): 79',
      '[1.000000] Out of memory: Killed process x (python)',
      '[1.000000] NVRM: Xid',
    ]) {
      assert.deepEqual(read([line]).value, [], line);
    }
  });

  it('is empty where nothing happened, and says when it may not be read or is not whole', () => {
    assert.deepEqual(read([]), { value: [], problem: null });
    assert.equal(read(['refused']).value, null);
    assert.match(read(['refused']).problem ?? '', /may not be read by this user/);
    assert.deepEqual(read([], 124), { value: null, problem: 'kernel log: dmesg hangs: no answer within 4 s' });
    assert.equal(read([], null).value, null);
  });
});
