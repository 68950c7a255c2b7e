import assert from 'node:assert/strict';
import { type RunDetailFacts, runDetailView } from '../../../src/core/views/run-view.ts';
import { createRedactor } from '../../../src/util/redact.ts';
import { makeGpu, makeHost, makeProcess, makeRun, makeSample, T0 } from '../../support/make.ts';

const facts: RunDetailFacts = { host: null, logTail: null, now: T0 + 90_400, redact: createRedactor([], []) };
const linesOf = (logTail: string) => runDetailView(makeRun(), { ...facts, logTail }).last_lines;

const lines: [string, string, string[]][] = [
  ['nothing', '', ['']],
  ['without a newline at the end', 'a\nb', ['a', 'b']],
  ['with newlines at the end', 'a\r\nb\n\n', ['a', 'b']],
  ['a progress bar', ' 1%\r 50%\r 99%\r\n', [' 99%']],
  [
    'colours, titles and other sequences',
    '\x1b[1;31mred\x1b[0m\x1b]0;title\x07 \x1b]8;;x\x1b\\link\x1b(B\x1bM',
    ['red linkB'],
  ],
  ['control and direction characters', 'a\0\x08\tb\x9b\u202ec\u2066', ['a    bc']],
  ['secrets', 'password=hunter2hunter2 ok', ['password=*** ok']],
  ['a secret with colours in it', 'token=\x1b[1mabcd\x1b[0mefgh', ['token=***']],
  ['a long line', 'x'.repeat(301), [`${'x'.repeat(299)}…`]],
  ['a long line that would end in half a character', `${'x'.repeat(298)}😀yy`, [`${'x'.repeat(298)}…`]],
];

describe('the last lines of a log', () => {
  for (const [what, tail, expected] of lines) it(`of ${what}`, () => assert.deepEqual(linesOf(tail), expected));

  it('are twenty at most', () => {
    const all = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    assert.deepEqual(linesOf(`${all.join('\n')}\n`), all.slice(-20));
  });

  it('are none where the log was not read', () => assert.deepEqual(runDetailView(makeRun(), facts).last_lines, []));
});

describe('one run in full', () => {
  it('tells its rhythm, silence, sessions and verdict', () => {
    const view = runDetailView(
      makeRun({
        rhythm: { epochMs: 61_000, allowedSilenceMs: 200_000 },
        lastUpdate: T0,
        sessions: 3,
        verdict: {
          category: 'error',
          summary: 'ValueError: x',
          evidence: [{ line: 7, text: 'ValueError: x, token=abcdefgh' }],
          extracted: {},
        },
        newestLog: { path: '/lab/logs/a/train_val_2.log', mtime: T0, size: 1 },
      }),
      facts,
    );
    assert.equal(view.schema, 'pylon.run/1');
    assert.equal(view.at, '2026-01-15T12:01:30.400Z');
    assert.deepEqual(view.rhythm, { epoch_s: 61, epochs_per_day: 1416.4, allowed_silence_s: 200 });
    assert.deepEqual([view.silent_s, view.sessions, view.log], [90, 3, '/lab/logs/a/train_val_2.log']);
    assert.deepEqual(view.verdict, { summary: 'ValueError: x', evidence: ['ValueError: x, token=***'] });
    assert.equal(view.config, makeRun().config);
  });

  it('is explained from its log where it is dead and nobody had looked', () => {
    const logTail = 'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\nValueError: bad\n';
    const dead = runDetailView(makeRun({ status: 'failed', reason: 'stopped-writing' }), { ...facts, logTail });
    assert.match(dead.verdict?.summary ?? '', /ValueError: bad/);
    assert.equal(dead.summary, dead.verdict?.summary);
    assert.equal(runDetailView(makeRun(), { ...facts, logTail }).verdict, null);
  });

  it('does not know what nobody has seen', () => {
    const view = runDetailView(makeRun({ lastUpdate: null, newestLog: null }), facts);
    assert.deepEqual(view.rhythm, { epoch_s: null, epochs_per_day: null, allowed_silence_s: 180 });
    assert.deepEqual([view.silent_s, view.log, view.verdict, view.gpus], [null, null, null, []]);
  });

  it('is not silent when the clock of its host is ahead', () => {
    assert.equal(runDetailView(makeRun({ lastUpdate: T0 + 100_000 }), facts).silent_s, 0);
  });

  it('finds the GPUs of its process and workers, each with the memory that is its own', () => {
    const args = 'python main.py --config-filepath configs/a.py';
    const sample = makeSample({
      gpus: [0, 1, 2, 3].map((index) => makeGpu({ index, utilPct: 10 * index })),
      processes: [
        makeProcess({ pid: 1, args }),
        makeProcess({ pid: 2, args }),
        makeProcess({ pid: 3, args: 'python other.py' }),
      ],
      gpuProcesses: [
        { gpuUuid: 'GPU-2', pid: 2, memory: 7, name: null },
        { gpuUuid: 'GPU-0', pid: 1, memory: 5, name: null },
        { gpuUuid: 'GPU-0', pid: 2, memory: 6, name: null },
        { gpuUuid: 'GPU-1', pid: 3, memory: 9, name: null },
        { gpuUuid: 'GPU-3', pid: 1, memory: null, name: null },
      ],
    });
    const run = makeRun({ process: { host: 'gpu1', pid: 1, user: 'ann', startedAt: T0, args } });
    assert.deepEqual(runDetailView(run, { ...facts, host: makeHost({ sample }) }).gpus, [
      { host: 'gpu1', index: 0, name: 'A100', util_pct: 0, memory: 11 },
      { host: 'gpu1', index: 2, name: 'A100', util_pct: 20, memory: 7 },
      { host: 'gpu1', index: 3, name: 'A100', util_pct: 30, memory: null },
    ]);
    assert.deepEqual(runDetailView(run, { ...facts, host: makeHost({ sample: null }) }).gpus, []);
    const unread = makeHost({ sample: { ...sample, gpus: null, gpuProcesses: null, processes: null } });
    assert.deepEqual(runDetailView(run, { ...facts, host: unread }).gpus, []);
  });
});
