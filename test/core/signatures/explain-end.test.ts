import assert from 'node:assert/strict';
import fc from 'fast-check';
import { explainEnd } from '../../../src/core/signatures/explain-end.ts';
import type { Verdict } from '../../../src/domain/run.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

const TRAINING = '[INFO] 2026-01-15 12:00:00 - Training [Epoch 3/100][Iteration 7/90]. learning_rate: 0.1, loss: 0.5';

/** A traceback whose last frame is in a package. */
function traceback(exception: string, file = 'main.py', line = 61): string {
  return [
    'Traceback (most recent call last):',
    '  File "main.py", line 88, in <module>',
    '    main()',
    `  File "${file}", line ${line}, in main`,
    '    out = model(x)',
    '          ^^^^^^^^',
    '  File "/opt/conda/lib/python3.10/site-packages/torch/nn/modules/linear.py", line 116, in forward',
    '    return F.linear(input, self.weight, self.bias)',
    exception,
  ].join('\n');
}

const OOM =
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.15 GiB of which 5.12 MiB is free.';

/** Wordings, each as the last line of a log; and what is read from them: device, size, bytes. */
const oomWordings: [text: string, device: number | undefined, size: string | undefined, bytes: number | undefined][] = [
  [OOM, 0, '20.00 MiB', 20 * MIB],
  [
    'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB (GPU 3; 23.69 GiB total capacity; 20.10 GiB already allocated)',
    3,
    '2.50 GiB',
    2.5 * GIB,
  ],
  [
    'RuntimeError: CUDA out of memory. Tried to allocate 512.00 KiB (GPU 1; 10.76 GiB total capacity; 9 GiB already allocated)',
    1,
    '512.00 KiB',
    512 * 1024,
  ],
  [
    'torch.cuda.OutOfMemoryError: HIP out of memory. Tried to allocate 1.00 GiB. GPU 2 has a total capacty of 16 GiB',
    2,
    '1.00 GiB',
    GIB,
  ],
  [
    'RuntimeError: MPS backend out of memory (MPS allocated: 9 GB). Tried to allocate 256.00 MB on private pool.',
    undefined,
    '256.00 MB',
    256 * MIB,
  ],
  ['RuntimeError: CUDA error: out of memory', undefined, undefined, undefined],
  [
    'RuntimeError: cuda runtime error (2) : out of memory at /pytorch/aten/src/THC/THCCachingHostAllocator.cpp:265',
    undefined,
    undefined,
    undefined,
  ],
  [
    'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`',
    undefined,
    undefined,
    undefined,
  ],
  ["torch.distributed.DistBackendError: NCCL error: Cuda failure 2 'out of memory'", undefined, undefined, undefined],
  ['RuntimeError: parallel_for failed: cudaErrorMemoryAllocation: out of memory', undefined, undefined, undefined],
  [
    'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1073741824 bytes.',
    undefined,
    '1073741824 bytes',
    GIB,
  ],
  [
    'jax.errors.JaxRuntimeError: RESOURCE_EXHAUSTED: Failed to allocate request for 2.0GiB (2147483648B) on device ordinal 5',
    5,
    '2.0 GiB',
    2 * GIB,
  ],
  [
    'tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[64,512] on /job:localhost/replica:0/task:0/device:GPU:1 by allocator GPU_1_bfc',
    1,
    undefined,
    undefined,
  ],
  [
    '2026-01-15 12:00:00.123456: E tensorflow/stream_executor/cuda/cuda_driver.cc:828] failed to allocate 32.00M (33554432 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
    undefined,
    '32.00M',
    32 * MIB,
  ],
  [
    'cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 1,073,741,824 bytes (allocated so far: 512 bytes).',
    undefined,
    '1,073,741,824 bytes',
    GIB,
  ],
  ['  what():  CUDA error: out of memory', undefined, undefined, undefined],
  [
    '[ERROR] 2026-01-15 12:00:00 - CUDA out of memory. Tried to allocate 20.00 MiB. GPU 7 has a total capacity of 8 GiB',
    7,
    '20.00 MiB',
    20 * MIB,
  ],
];

describe('an exhausted GPU', () => {
  for (const [text, device, requested, requestedBytes] of oomWordings) {
    it(text.slice(0, 100), () => {
      const verdict = explainEnd(`${TRAINING}\n${text}\n`);
      assert.equal(verdict?.category, 'gpu_oom');
      const { extracted } = verdict;
      assert.deepEqual(
        [extracted.device, extracted.requested, extracted.requestedBytes],
        [device, requested, requestedBytes],
      );
      assert.deepEqual(
        verdict.evidence.map(({ line }) => line),
        [2],
      );
    });
  }

  it('names device, size and the line of the project that asked', () => {
    assert.deepEqual(explainEnd(`${TRAINING}\n${traceback(OOM)}\n`), {
      category: 'gpu_oom',
      summary: 'CUDA out of memory on GPU 0, 20.00 MiB requested',
      evidence: [
        { line: 5, text: 'File "main.py", line 61, in main' },
        { line: 10, text: OOM },
      ],
      extracted: {
        device: 0,
        requested: '20.00 MiB',
        requestedBytes: 20 * MIB,
        exception: 'torch.OutOfMemoryError',
        file: 'main.py',
        line: 61,
      },
    } satisfies Verdict);
  });

  it('is read from a message wrapped over several lines', () => {
    const text =
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.55 GiB. GPU 4 has a total\ncapacity of 79.15 GiB of which 5.12 MiB is free.';
    assert.equal(explainEnd(text)?.extracted.device, 4);
  });

  it('goes before what other processes died of in its wake', () => {
    const log = [
      ...traceback(OOM)
        .split('\n')
        .map((line) => `[rank0]: ${line}`),
      ...traceback('torch.distributed.DistBackendError: NCCL error')
        .split('\n')
        .map((line) => `[rank1]: ${line}`),
      traceback('torch.distributed.elastic.multiprocessing.errors.ChildFailedError: '),
    ].join('\n');
    assert.equal(explainEnd(log)?.category, 'gpu_oom');
    assert.equal(explainEnd(log)?.extracted.file, 'main.py');
  });

  for (const [name, text] of [
    ['a warning', 'UserWarning: CUDA out of memory'],
    ['help', '  --grad-checkpoint   trade compute for memory to avoid CUDA out of memory errors'],
    ['advice', 'PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True helps with out of memory errors'],
    ["the host's memory", 'ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.'],
    ['a quota', 'google.api_core.exceptions.ResourceExhausted: 429 RESOURCE_EXHAUSTED: Quota exceeded'],
  ] as const) {
    it(`is not what ${name} tells`, () => assert.equal(explainEnd(`${text}\n`), null));
  }
});

describe('an uncaught exception', () => {
  const cases: [name: string, log: string, exception: string, file: string | undefined, line: number | undefined][] = [
    ['alone', traceback('ValueError: bad shape'), 'ValueError', 'main.py', 61],
    ['without a message', traceback('AssertionError'), 'AssertionError', 'main.py', 61],
    [
      'of a package',
      traceback('hydra.errors.ConfigCompositionException: no'),
      'hydra.errors.ConfigCompositionException',
      'main.py',
      61,
    ],
    ['with a name of its own', traceback('Infeasible: no plan'), 'Infeasible', 'main.py', 61],
    ['whose class is local', traceback('__main__.f.<locals>.Stop: x'), '__main__.f.<locals>.Stop', 'main.py', 61],
    ['an interrupt', traceback('KeyboardInterrupt'), 'KeyboardInterrupt', 'main.py', 61],
    [
      'of syntax',
      'Traceback (most recent call last):\n  File "main.py", line 1, in <module>\n    import model\n  File "model.py", line 9\n    x = (\n        ^\nSyntaxError: \'(\' was never closed',
      'SyntaxError',
      'model.py',
      9,
    ],
    [
      'in packages only',
      traceback('ValueError: x').replaceAll('"main.py"', '"/usr/lib/python3.10/runpy.py"'),
      'ValueError',
      undefined,
      undefined,
    ],
    ['in generated code', traceback('KeyError: 1', '<frozen importlib._bootstrap>', 241), 'KeyError', 'main.py', 88],
    ['whose header was cut off', traceback('KeyError: 1').split('\n').slice(3).join('\n'), 'KeyError', 'main.py', 61],
    ['behind a logger', `[ERROR] 2026-01-15 12:00:00 - ${traceback('KeyError: 1')}`, 'KeyError', 'main.py', 61],
    [
      'behind a logger on every line',
      traceback('KeyError: 1')
        .split('\n')
        .map((line) => `[ERROR] 2026-01-15 12:00:00 - ${line}`)
        .join('\n'),
      'KeyError',
      'main.py',
      61,
    ],
    [
      'behind a screen logger',
      traceback('KeyError: 1')
        .split('\n')
        .map((line) => `INFO: ${line}`)
        .join('\n'),
      'KeyError',
      'main.py',
      61,
    ],
    [
      'behind srun',
      traceback('KeyError: 1')
        .split('\n')
        .map((line) => `12: ${line}`)
        .join('\n'),
      'KeyError',
      'main.py',
      61,
    ],
    [
      'behind ray',
      traceback('KeyError: 1')
        .split('\n')
        .map((line) => `(train pid=77) ${line}`)
        .join('\n'),
      'KeyError',
      'main.py',
      61,
    ],
    [
      'behind a progress bar',
      `\r  5%|5 | 1/20 [00:01<00:19]\r 10%|# | 2/20 [00:02<00:18]${traceback('KeyError: 1')}`,
      'KeyError',
      'main.py',
      61,
    ],
    [
      'before a bar that is printed once more',
      `${traceback('KeyError: 1')}\n 10%|# | 2/20 [00:02<00:18]\r  1%|# | 1/90 [00:02<00:18]`,
      'KeyError',
      'main.py',
      61,
    ],
    ['in colours', traceback('\x1b[1;31mKeyError\x1b[0m: 1'), 'KeyError', 'main.py', 61],
    ['with Windows line ends', traceback('KeyError: 1').replaceAll('\n', '\r\n'), 'KeyError', 'main.py', 61],
    [
      'while another was handled',
      `${traceback('KeyError: 1')}\n\nDuring handling of the above exception, another exception occurred:\n\n${traceback('ValueError: 2', 'late.py', 5)}`,
      'ValueError',
      'late.py',
      5,
    ],
    [
      'raised from one in our own code',
      `${traceback('KeyError: 1')}\n\nThe above exception was the direct cause of the following exception:\n\n${traceback('ValueError: 2').replaceAll('"main.py"', '"/usr/lib/python3.10/runpy.py"')}`,
      'ValueError',
      'main.py',
      61,
    ],
    [
      'after an unrelated one',
      `${traceback('KeyError: 1')}\nretrying\n${traceback('ValueError: 2').replaceAll('"main.py"', '"/usr/lib/python3.10/runpy.py"')}`,
      'ValueError',
      undefined,
      undefined,
    ],
    [
      'in a data loader',
      `${traceback('RuntimeError: Caught KeyError in DataLoader worker process 0.')}\nOriginal Traceback (most recent call last):\n  File "dataset.py", line 57, in __getitem__\n    return x[i]\nKeyError: 3`,
      'KeyError',
      'dataset.py',
      57,
    ],
    [
      'in a group',
      [
        '  + Exception Group Traceback (most recent call last):',
        '  |   File "main.py", line 3, in <module>',
        '  |     run()',
        '  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)',
        '  +-+---------------- 1 ----------------',
        '    | Traceback (most recent call last):',
        '    |   File "worker.py", line 8, in work',
        '    |     raise ValueError("bad")',
        '    | ValueError: bad',
        '    +------------------------------------',
      ].join('\n'),
      'ValueError',
      'worker.py',
      8,
    ],
    [
      'with frames wrapped by a terminal',
      'Traceback (most recent call last):\n  File "/home/anna/a/very/long/pa\nth/train.py", line 12, in main\n    x()\nKeyError: 1',
      'KeyError',
      '/home/anna/a/very/long/path/train.py',
      12,
    ],
    [
      'between the lines of another process',
      traceback('KeyError: 1')
        .split('\n')
        .map((line, index) => `[rank0]: ${line}\n[rank1]: Training [Epoch 1/9] ${index}`)
        .join('\n'),
      'KeyError',
      'main.py',
      61,
    ],
    [
      'with lines of others inside',
      traceback('KeyError: 1').replace('    main()', 'NCCL INFO ring 0\nsome text'),
      'KeyError',
      'main.py',
      61,
    ],
    [
      'that its launcher reports',
      `${traceback('KeyError: 1')}\n${traceback("subprocess.CalledProcessError: Command '['x']' died", 'launch.py')}`,
      'KeyError',
      'main.py',
      61,
    ],
    [
      'that only its launcher reports',
      traceback("subprocess.CalledProcessError: Command '['x']' died"),
      'subprocess.CalledProcessError',
      'main.py',
      61,
    ],
    [
      "before wandb's summary",
      `${traceback('KeyError: 1')}\nwandb: Run history:\nwandb:      epoch 3\nwandb: loss step 5`,
      'KeyError',
      'main.py',
      61,
    ],
    [
      'before what Python ignores',
      `${traceback('KeyError: 1')}\nException ignored in: <function Pool.__del__>\n${traceback('OSError: [Errno 9]', 'pool.py')}`,
      'KeyError',
      'main.py',
      61,
    ],
    [
      'before the times of hooks',
      `${traceback('KeyError: 1')}\n[06/09 11:05:25 d2.engine.hooks]: Overall training speed: 22 iterations in 0:01:02`,
      'KeyError',
      'main.py',
      61,
    ],
  ];
  for (const [name, log, exception, file, line] of cases) {
    it(`is told: ${name}`, () => {
      const verdict = explainEnd(`${TRAINING}\n${log}\n`);
      assert.equal(verdict?.category, 'error');
      const { extracted } = verdict;
      assert.deepEqual([extracted.exception, extracted.file, extracted.line], [exception, file, line]);
      assert.ok(verdict.summary.startsWith(exception));
    });
  }

  it('is summed up in one line', () => {
    const verdict = explainEnd(traceback(`ValueError: a\x1b[31m\x07\tb${'c'.repeat(900)}`));
    assert.match(verdict?.summary ?? '', /^ValueError: a {4}bc{281}…$/);
    assert.equal(verdict?.summary.length, 300);
  });

  it('tells the lines as they count in the text', () => {
    const before = Array.from({ length: 5_000 }, () => 'line').join('\n');
    assert.deepEqual(
      explainEnd(`${before}\n${traceback('KeyError: 1')}`)?.evidence.map(({ line }) => line),
      [5_004, 5_009],
    );
  });
});

describe('no verdict', () => {
  const cases: [name: string, log: string][] = [
    ['nothing', ''],
    ['training at work', TRAINING],
    ['a handled exception, and training goes on', `${traceback(OOM)}\nSkipping batch\n${TRAINING}`],
    [
      'the other trainer log goes on',
      `${traceback(OOM)}\nloss: 0.1, iteration_info: Training [Epoch 1/9][Iteration 1/2]`,
    ],
    ['validation goes on', `${traceback('KeyError: 1')}\nINFO: Validation epoch time: 5 seconds.`],
    ['a restart in the same log', `${traceback('KeyError: 1')}\n[INFO] 2026-01-15 12:00:00 - Training from scratch.`],
    ['epochs of another framework go on', `${traceback('KeyError: 1')}\nEpoch 5/100 loss 0.31`],
    ['steps go on', `${traceback('KeyError: 1')}\nstep 900 loss 1.02`],
    ['metrics go on', `${traceback('KeyError: 1')}\n{'loss': 0.8792, 'learning_rate': 0.0003, 'epoch': 0.3}`],
    ['a bar moves', `${traceback('KeyError: 1')}\n 10%|# | 2/20 [00:02<00:18]\r 15%|# | 3/20 [00:02<00:18]`],
    [
      'the same process goes on',
      `${traceback(OOM)
        .split('\n')
        .map((line) => `[rank0]: ${line}`)
        .join('\n')}\n[rank0]: Epoch 5/100 loss 0.31`,
    ],
    ['words only', 'Batch size 64 caused CUDA out of memory, retrying with 32\nUserWarning: Traceback is off'],
    ['a traceback that has no end yet', traceback('').trimEnd()],
    [
      'a stack that was logged',
      'Stack (most recent call last):\n  File "a.py", line 1, in f\n    g()\ndone\nall good here\n',
    ],
    [
      'a stack, and much text after it',
      `  File "a.py", line 1, in f\n${'text\n'.repeat(30)}ValueError: told by a library`,
    ],
    [
      'the stack of a crash of the interpreter',
      'Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n  File "train.py", line 120 in train\n',
    ],
    ['only what Python ignores', `Exception ignored in: <function Pool.__del__>\n${traceback('OSError: [Errno 9]')}`],
  ];
  for (const [name, log] of cases) it(`on ${name}`, () => assert.equal(explainEnd(log), null));
});

describe('explainEnd on any text', () => {
  const pieces = fc.constantFrom(
    'Traceback (most recent call last):',
    '  File "a.py", line 1, in f',
    '  File "a',
    OOM,
    'KeyError: 1',
    TRAINING,
    '[rank1]: ',
    'INFO: ',
    '\r',
    '\n',
    '\x1b[31m',
    '\u202e',
    '\0',
    ' 10%|# | 2/20 [00:02<00:18]',
    'During handling of the above exception, another exception occurred:',
  );
  it('throws nothing, shows no control characters and stays short', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' }))), (parts) => {
        const verdict = explainEnd(parts.join(''));
        if (verdict === null) return;
        const { file = '', exception = '', requestedBytes } = verdict.extracted;
        for (const text of [verdict.summary, file, exception, ...verdict.evidence.map((line) => line.text)]) {
          assert.match(text, /^[^\x00-\x1f\x7f-\x9f\u202a-\u202e]{0,300}$/);
        }
        assert.notEqual(verdict.summary, '');
        assert.notEqual(requestedBytes, 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('looks at a bounded part of 64 KiB that was made to be slow', () => {
    for (const unit of [
      '\n',
      '\r',
      'a\n',
      '  File "a\n',
      `${OOM}\n`,
      'RESOURCE_EXHAUSTED: ',
      'epoch ',
      '\x1b[1',
      '"',
      '1/1 [',
    ]) {
      const text = `Traceback (most recent call last):\n${unit.repeat(65_536 / unit.length)}`;
      const verdict = explainEnd(text);
      assert.equal(verdict?.category, unit.startsWith(OOM) ? 'gpu_oom' : undefined);
    }
  });
});
