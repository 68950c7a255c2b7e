import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { createColors } from 'picocolors';
import { type Align, textTable } from '../../../src/edge/channels/text-table.ts';
import { columnsOf, cutEnd, cutMiddle } from '../../../src/edge/channels/text-width.ts';
import { table } from '../../contracts/messages.ts';

const HEADER = ['Run', 'Status', 'Progress', 'ETA or reason', 'Seen', 'Host'];
const ALIGN: readonly Align[] = [null, null, 'right', null, 'right', null];
const ROWS = [
  [
    'configs/benchmarks/city_scapes/PSPNet/resnet101_lr0.01_seed_1.py',
    'running',
    '57/100 57%',
    'in 3 h 20 min',
    '3 s',
    'gpu1',
  ],
  ['configs/benchmarks/city_scapes/PSPNet/resnet101_lr0.01_seed_2.py', 'never started', '0/100 0%', '', '', 'gpu2'],
  ['configs/a.py', 'failed', '3/10 30%', 'CUDA out of memory on GPU 1, 20.00 MiB requested', '12 min', 'gpu1'],
];

function rowsOf(cells: readonly (readonly string[])[], align: readonly Align[] = []) {
  const block = table(
    cells.map((row) => [...row]),
    [...align],
  );
  assert.ok(block.type === 'table');
  return block.children;
}

const shown = (width: number, color = false) =>
  textTable(rowsOf([HEADER, ...ROWS], ALIGN), ALIGN, { colors: createColors(color), width });

describe('channels: a table of text', () => {
  it('is whole where there is room', () => {
    const lines = shown(Number.POSITIVE_INFINITY);
    assert.equal(lines.length, 4);
    for (const [index, row] of ROWS.entries())
      for (const cell of row) assert.ok(lines[index + 1]?.includes(cell), cell);
    assert.deepEqual(shown(1_000), lines);
  });

  it('cuts names in the middle and texts at the end, each row on its line', () => {
    assert.deepEqual(shown(80), [
      'Run                     Status           Progress  ETA or reason      Seen  Host',
      'configs…0.01_seed_1.py  running        57/100 57%  in 3 h 20 min       3 s  gpu1',
      'configs…0.01_seed_2.py  never started    0/100 0%                           gpu2',
      'configs/a.py            failed           3/10 30%  CUDA out of me…  12 min  gpu1',
    ]);
  });

  it('drops the last columns where even that is too wide, and never cuts a number', () => {
    assert.deepEqual(shown(60), [
      'Run                                Status           Progress',
      'configs/be…et101_lr0.01_seed_1.py  running        57/100 57%',
      'configs/be…et101_lr0.01_seed_2.py  never started    0/100 0%',
      'configs/a.py                       failed           3/10 30%',
    ]);
    assert.deepEqual(shown(10), ['Run', 'configs…0.01_seed_1.py', 'configs…0.01_seed_2.py', 'configs/a.py']);
  });

  it('colours what is a status, and nothing of the width', () => {
    const lines = shown(80, true);
    assert.deepEqual(lines.map(stripVTControlCharacters), shown(80));
    assert.ok(lines[1]?.includes('\x1b[32mrunning\x1b[39m'));
    assert.ok(lines[3]?.includes('\x1b[31mfailed\x1b[39m'));
    assert.ok(lines[0]?.startsWith('\x1b[1mRun\x1b[22m'));
  });

  it('fits whatever stands in it', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 60 });
    const cells = fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(cells, fc.integer({ min: 22, max: 120 }), (given, width) => {
        const lines = textTable(rowsOf(given), [], { colors: createColors(false), width });
        assert.equal(lines.length, given.length);
        for (const line of lines) assert.ok(columnsOf(line) <= width, JSON.stringify(line));
      }),
      { numRuns: 200 },
    );
  });

  it('centres, and has nothing to say of nothing', () => {
    const align: Align[] = ['left', 'center'];
    assert.deepEqual(textTable(rowsOf([['a', 'wide'], ['b', 'x'], ['c']], align), align), ['a  wide', 'b   x', 'c']);
    assert.deepEqual(textTable([], []), []);
  });

  it('of 10,000 rows is made in a moment', () => {
    const rows = rowsOf(Array.from({ length: 10_000 }, () => ROWS[0] ?? []));
    const before = process.cpuUsage().user;
    assert.equal(textTable(rows, ALIGN, { colors: createColors(true), width: 80 }).length, 10_000);
    assert.ok(process.cpuUsage().user - before < 3_000_000);
  }).timeout(20_000);
});

const widths: [string, number][] = [
  ['', 0],
  ['abc', 3],
  ['漢字', 4],
  ['カナ', 4],
  ['한글', 4],
  ['ｆｕ', 4],
  ['😀', 2],
  ['e\u0301', 1],
  ['é', 1],
  ['a\u200db', 2],
  ['…', 1],
  ['─', 1],
  ['°', 1],
];

const cuts: [(text: string, columns: number) => string, string, number, string][] = [
  [cutEnd, 'short', 5, 'short'],
  [cutEnd, 'a long text', 6, 'a lon…'],
  [cutEnd, '漢字漢字', 6, '漢字…'],
  [cutEnd, '漢字漢字', 5, '漢字…'],
  [cutEnd, '漢字漢字', 4, '漢…'],
  [cutEnd, '😀😀😀', 3, '😀…'],
  [cutMiddle, 'short', 5, 'short'],
  [cutMiddle, 'configs/exp/model_10.py', 12, 'con…el_10.py'],
  [cutMiddle, '漢字漢字', 7, '漢…漢字'],
  [cutMiddle, 'abcdef', 1, '…'],
];

describe('channels: columns of a terminal', () => {
  for (const [text, expected] of widths) {
    it(`${JSON.stringify(text)} takes ${expected}`, () => assert.equal(columnsOf(text), expected));
  }
  for (const [cut, text, columns, expected] of cuts) {
    it(`${cut.name} makes ${expected} of ${text}`, () => assert.equal(cut(text, columns), expected));
  }
});
