import assert from 'node:assert/strict';
import type { Gpu, HostSample } from '../../../src/domain/host.ts';
import { parseSections, readCaptures } from './captures.ts';

const MIB = 1024 ** 2;

/** Taken with the first, shorter list of fields. */
const captures = readCaptures('nvidia-smi.txt');
const full = readCaptures('gpus.txt');

function readCapture(name: string): HostSample {
  return parseSections(captures.get(name) ?? '').sample;
}

function gpusOf(name: string): readonly Gpu[] {
  return parseSections(full.get(name) ?? '').sample.gpus ?? [];
}

function gpuProblems({ problems }: HostSample): string[] {
  return problems.filter((problem) => problem.startsWith('GPUs: '));
}

function short({ index, state, utilPct, memory, tempC, powerW }: Gpu): unknown[] {
  const inMib = (value: number | null) => (value === null ? null : value / MIB);
  return [index, state, utilPct, inMib(memory.total), inMib(memory.used), tempC, powerW];
}

/** What the list of GPUs says: index, state, use, memory in MiB, °C, W; and how the problem begins. */
const cases: [name: string, gpus: unknown[][] | null, processes: number | null, problem: RegExp | null][] = [
  ['h100-mig', [[0, 'ok', null, 81559, 11126, 54, 381.78]], 1, null],
  ['gb10-unified-memory', [[0, 'ok', 67, null, null, 59, 43.7]], 1, null],
  ['jetson-jetpack5', [], 0, null],
  ['jetson-jetpack6', [[0, 'ok', null, null, null, null, null]], 0, null],
  ['wsl', [[0, 'ok', 71, 24564, 18044, 60, 311.71]], 1, null],
  ['na-everywhere', [[0, 'ok', null, 2002, 3, 39, null]], 0, null],
  ['no-devices', [], 0, null],
  ['inforom-warning', [[0, 'ok', 40, 16280, 3, 49, 108.5]], 0, null],
  ['hang', null, null, /nvidia-smi hangs: no answer within 15 s$/],
  ['partial-hang', null, null, /nvidia-smi hangs/],
  ['endless', null, null, /the output of nvidia-smi is missing or was cut off$/],
  ['lost-gpu-old-driver', null, null, /Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error$/],
  ['lost-525', null, null, /GPU is lost/],
  ['lost-all-580', [[0, 'lost', null, null, null, null, null]], null, /GPU is lost/],
  [
    'lost-stdout-580',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.53],
      [1, 'lost', null, null, null, null, null],
    ],
    1,
    /for GPU1: 0000:18:00.0: Unknown Error$/,
  ],
  [
    'not-found-580',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.41],
      [1, 'lost', null, null, null, null, null],
    ],
    1,
    /Not Found$/,
  ],
  ['lost-by-uuid', [[0, 'lost', 40, 40960, 7000, 49, 188.16]], null, /GPU is lost$/],
  [
    'lost-fields',
    [
      [0, 'ok', 40, 40960, 7000, 49, 189.34],
      [1, 'lost', null, 40960, null, null, null],
    ],
    1,
    /^GPUs: nvidia-smi says of GPU 1: \[GPU is lost\]$/,
  ],
  [
    'requires-reset',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.16],
      [1, 'lost', null, 40960, 0, null, null],
    ],
    1,
    /^GPUs: nvidia-smi says of GPU 1: \[GPU requires reset\]$/,
  ],
  [
    'unknown-fields',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.48],
      [1, 'lost', null, 40960, null, null, null],
    ],
    1,
    /^GPUs: nvidia-smi says of GPU 1: \[Unknown Error\]$/,
  ],
  ['not-supported', [[0, 'ok', null, null, null, null, null]], null, /failed \(exit 2\): Field "used_memory" is not/],
  ['fail-mismatch', null, null, /failed \(exit 18\): Failed to initialize NVML: Driver\/library version mismatch/],
  ['fail-no-driver', null, null, /failed \(exit 9\): NVIDIA-SMI has failed because/],
  ['fail-no-library', null, null, /failed \(exit 12\): .{159}…$/],
  ['fail-no-supported', null, null, /failed \(exit 255\)/],
  ['fail-unknown-error', null, null, /failed \(exit 255\)/],
  ['fail-permission', null, null, /failed \(exit 4\)/],
  ['fail-blocked', null, null, /failed \(exit 255\)/],
  ['fail-segfault', null, null, /failed \(exit 139\)/],
  [
    'warning-between',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.21],
      [1, 'ok', 40, 40960, 0, 49, 189.78],
    ],
    1,
    null,
  ],
  [
    'dropped-column',
    [
      [0, 'ok', null, 40960, 7000, 49, 189.84],
      [1, 'ok', null, 40960, 0, 49, 188.23],
    ],
    1,
    null,
  ],
  [
    'extra-column',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.55],
      [1, 'ok', 40, 40960, 0, 49, 188.65],
    ],
    1,
    null,
  ],
  [
    'cut-row',
    [
      [0, 'ok', 40, 40960, 7000, 49, 189.58],
      [1, 'ok', null, null, null, null, null],
    ],
    1,
    null,
  ],
  [
    'cut-number',
    [
      [0, 'ok', 40, 40960, 7000, 49, 187.93],
      [1, 'ok', null, 40960, null, null, null],
    ],
    1,
    null,
  ],
  [
    'separator',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.77],
      [1, 'ok', 40, 40960, 0, 49, 188.21],
    ],
    1,
    null,
  ],
  [
    'reordered',
    [
      [0, 'ok', 40, 46068, 0, 49, 188.16],
      [2, 'ok', 40, 46068, 0, 49, 188.16],
    ],
    1,
    null,
  ],
];

describe('what nvidia-smi says', () => {
  for (const [name, gpus, processes, problem] of cases) {
    it(`is read from the capture ${name}`, () => {
      const sample = readCapture(name);
      assert.deepEqual(sample.gpus?.map(short) ?? null, gpus);
      assert.equal(sample.gpuProcesses?.length ?? null, processes);
      const problems = gpuProblems(sample);
      if (problem === null) return assert.deepEqual(problems, []);
      assert.equal(problems.length, 1, problems.join('\n'));
      return assert.match(problems[0]!, problem);
    });
  }

  it('keeps every GPU of a busy host with its name, UUID and process', () => {
    const { gpus, gpuProcesses } = readCapture('a100x8-busy');
    assert.equal(gpus?.length, 8);
    assert.equal(gpus[0]?.uuid, 'GPU-cfdd272d-3447-1ff3-478e-e50ad0e919ae');
    assert.equal(gpus[0]?.name, 'NVIDIA A100-SXM4-80GB');
    assert.deepEqual(
      gpuProcesses?.map(({ gpuUuid }) => gpuUuid),
      gpus.map(({ uuid }) => uuid),
    );
    assert.equal(gpuProcesses?.[0]?.pid, 4100);
  });

  it('puts a lost GPU into the gap that the others leave', () => {
    const { gpus } = readCapture('lost-gpu-new-driver');
    assert.deepEqual(
      gpus?.slice(2, 5).map(({ index, state, uuid }) => [index, state, uuid.length]),
      [
        [2, 'ok', 40],
        [3, 'lost', 0],
        [4, 'ok', 40],
      ],
    );
  });

  it('keeps a comma in a name, and memory that is withheld unknown', () => {
    assert.equal(readCapture('names').gpus?.[0]?.name, 'GPU, with a comma');
    assert.equal(readCapture('wsl').gpuProcesses?.[0]?.memory, null);
  });

  it('has a case for every capture', () => {
    const told = new Set([...cases.map(([name]) => name), 'a100x8-busy', 'lost-gpu-new-driver', 'names', 'preamble']);
    assert.deepEqual(new Set(captures.keys()), told);
    assert.equal(readCapture('preamble').gpus?.length, 2);
  });
});

describe('all that nvidia-smi tells of a GPU', () => {
  it('is read whole', () => {
    assert.deepEqual(gpusOf('throttled')[0], {
      index: 0,
      uuid: 'GPU-013b1176-caa5-b5b8-a58e-75a7ea54f2fe',
      name: 'NVIDIA GeForce RTX 3090',
      busId: '0000:01:00.0',
      state: 'ok',
      utilPct: 99,
      memory: { total: 24_576 * MIB, used: 0 },
      tempC: 71,
      powerW: 338.59,
      powerLimitW: 350,
      clocks: { sm: 2037, smMax: 2100, memory: 9751 },
      throttle: ['hw-slowdown', 'hw-thermal'],
      ecc: { corrected: null, uncorrected: null },
      mig: null,
    });
  });

  it('does not take an idle GPU, or clocks that were set, for throttled', () => {
    assert.deepEqual(gpusOf('throttled')[1]?.throttle, []);
  });

  it('has errors of the memory under the names of an old driver', () => {
    assert.deepEqual(gpusOf('ecc-470')[0]?.ecc, { corrected: 117, uncorrected: 2 });
  });

  it('has MIG instances in today’s form and in the first one', () => {
    const [parent, plain] = gpusOf('mig-590');
    assert.deepEqual(parent?.mig, [
      { index: 0, uuid: 'MIG-07862bc6-8dda-06d6-ec82-31a65a7afe05', profile: '3g.40gb' },
      { index: 1, uuid: 'MIG-d2cba2cf-fcf3-f7ba-3bd4-43b42e163cf7', profile: '1g.10gb+me' },
    ]);
    assert.deepEqual([parent.utilPct, plain?.mig], [null, null]);
    const uuid = 'MIG-GPU-a1a14c0d-c2f8-cf75-722b-0cad6b90ead7/1/0';
    assert.deepEqual(gpusOf('mig-460')[0]?.mig, [{ index: 0, uuid, profile: '3g.20gb' }]);
  });

  it('does not know the instances where their list broke off', () => {
    const broken = full.get('mig-590')?.replace(/(GPU 1: NVIDIA H100)[^#]*/, '$1\n\nexit 124\n\n');
    assert.equal(parseSections(broken ?? '').sample.gpus?.[0]?.mig, null);
  });

  for (const [name, states] of [
    ['lost-one-by-one', ['ok', 'lost', 'ok']],
    ['lost-565', ['ok', 'lost']],
    ['lost-all-580', ['lost', 'lost']],
  ] as const) {
    it(`is put together from what each says by itself: ${name}`, () => {
      const gpus = gpusOf(name);
      assert.deepEqual(
        gpus.map(({ index, state }) => [index, state]),
        states.map((state, index) => [index, state]),
      );
      assert.equal(gpus[1]?.busId, '0000:02:00.0');
    });
  }

  it('does not take GPUs for lost that all repeat the complaint about another', () => {
    const complaint = 'Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error\n\nexit 255\n';
    const text = ['gpus', 'gpus:0', 'gpus:1', 'gpus:2']
      .map((name) => `#0123456789abcdef ${name}\n${complaint}`)
      .join('\n');
    const known = [0, 1, 2].map((index) => ({
      index,
      uuid: `GPU-${index}`,
      name: 'A',
      busId: `0000:0${index + 1}:00.0`,
      missingSince: null,
    }));
    assert.deepEqual(
      parseSections(text, known).sample.gpus?.map(({ uuid, state }) => [uuid, state]),
      [
        ['GPU-0', 'hung'],
        ['GPU-1', 'lost'],
        ['GPU-2', 'hung'],
      ],
    );
  });

  it('has a process with a comma in its name, and none where that is withheld', () => {
    const { sample } = parseSections(full.get('lost-one-by-one') ?? '');
    assert.deepEqual(
      sample.gpuProcesses?.map(({ pid, name, memory }) => [pid, name, memory]),
      [[77, 'a, b', 900 * MIB]],
    );
    assert.equal(readCapture('wsl').gpuProcesses?.[0]?.name, null);
  });

  it('names what makes nvidia-smi slow', () => {
    const slow = full.get('ecc-470')?.replace('gpus:seconds\n0', 'gpus:seconds\n10');
    const problems = gpuProblems(parseSections(slow ?? '').sample);
    assert.deepEqual(problems, ['GPUs: nvidia-smi is slow (10 s): switch persistence mode on (nvidia-smi -pm 1)']);
  });

  it('says that it was not asked while another call of ours is under way', () => {
    const { sample } = parseSections('#0123456789abcdef gpus\nexit 75\n');
    assert.deepEqual(gpuProblems(sample)[0], 'GPUs: not asked, as an nvidia-smi of another probe has not ended yet');
    assert.equal(sample.gpus, null);
  });
});
