import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseProbe } from '../../../src/core/probes/parse.ts';
import { splitSections } from '../../../src/core/sections.ts';
import type { Gpu, HostSample } from '../../../src/domain/host.ts';

const NONCE = '0123456789abcdef';
const MIB = 1024 ** 2;

const captures = new Map(
  readFileSync(new URL('../../fixtures/probes/nvidia-smi.txt', import.meta.url), 'utf8')
    .split(/^==== /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
);

function readCapture(name: string): HostSample {
  const sections = splitSections(`${captures.get(name)}\n#${NONCE} end\n`, NONCE);
  return parseProbe(sections, { host: 'gpu1', askedAt: 0, receivedAt: 0, previous: null }).sample;
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
    null,
  ],
  [
    'requires-reset',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.16],
      [1, 'lost', null, 40960, 0, null, null],
    ],
    1,
    null,
  ],
  [
    'unknown-fields',
    [
      [0, 'ok', 40, 40960, 7000, 49, 188.48],
      [1, 'ok', null, 40960, null, null, null],
    ],
    1,
    null,
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
