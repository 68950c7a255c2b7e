import assert from 'node:assert/strict';
import { evaluateRules } from '../../../src/core/alerts/evaluate.ts';
import type { Gpu, KnownGpu } from '../../../src/domain/host.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { makeHost, makeSnapshot, RULE_SETTINGS, T0 } from '../../support/make.ts';
import { parseSections, section } from './captures.ts';

const HEAD =
  'index, uuid, name, pci.bus_id, memory.total [MiB], memory.used [MiB], utilization.gpu [%], temperature.gpu, power.draw [W], power.limit [W], clocks.current.sm [MHz], clocks.max.sm [MHz], clocks.current.memory [MHz], clocks_event_reasons.active, ecc.errors.corrected.volatile.total, ecc.errors.uncorrected.volatile.total, mig.mode.current';
const UUIDS = ['GPU-8270baf7-b877-d723-cc89-ace36fbafdf6', 'GPU-b88eedc8-7491-d8fb-8cea-1280762a312d'];
const identity = (index: number) => `${index}, ${UUIDS[index]}, A40, 00000000:0${index + 1}:00.0`;
const FIGURES = '46068 MiB, 44100 MiB, 88 %, 61, 250.12 W, 300.00 W, 1700 MHz, 1740 MHz, 7251 MHz, 0x4, 7, 2, Disabled';
const row = (index: number, figures = FIGURES) => `${identity(index)}, ${figures}`;
const good = [HEAD, row(0), row(1)];
/** GPU 1 with this mark in all cells that need the hardware. */
const marked = (mark: string) => [HEAD, row(0), row(1, Array(13).fill(mark).join(', '))];
/** GPU 1 with the memory told and everything else withheld. */
const half = (mark: string) => [HEAD, row(0), row(1, ['46068 MiB', ...Array(12).fill(mark)].join(', '))];
const handle = 'Unable to determine the device handle for GPU';
const warning = 'WARNING: infoROM is corrupted at gpu 0000:01:00.0';

type Outcome = 'good' | 'unknown' | 'hung' | { readonly lost: readonly number[] };
type Case = [name: string, lines: readonly string[], exit: number | null, outcome: Outcome, each?: string];

const one = { lost: [1] };
const oldWay = (line: string) => section('gpus:0', [HEAD, row(0)].join('\n')) + section('gpus:1', line, 255);

const cases: readonly Case[] = [
  ['all well', good, 0, 'good'],
  // Lost, in the spellings of drivers since 470.
  ['520', [`${handle} 0000:02:00.0: Unknown Error`], 255, one, oldWay(`${handle} 0000:02:00.0: Unknown Error`)],
  ['525', [`${handle}0000:02:00.0: Unknown Error`], 255, one, oldWay(`${handle}0000:02:00.0: Unknown Error`)],
  ['not found', [`${handle} 0000:02:00.0: Not Found`], 6, one, oldWay(`${handle} 0000:02:00.0: Not Found`)],
  [
    'is lost',
    [`${handle}0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU`],
    15,
    one,
    oldWay(`${handle}0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU`),
  ],
  ['long domain', [HEAD, row(0), `${handle} 00000000:02:00.0: Unknown Error`], 0, one],
  ['570 before the table', [`${handle}1: 0000:02:00.0: Unknown Error`, HEAD, row(0)], 0, one],
  ['570 among the rows', [HEAD, row(0), `${handle}1: 0000:02:00.0: Unknown Error`], 0, one],
  ['570 behind the rows', [HEAD, row(0), '', `${handle}1: 0000:02:00.0: Not Found`], 6, one],
  ['570, is lost', [HEAD, row(0), `${handle}1: 0000:02:00.0: GPU is lost.  Reboot the system`], 15, one],
  ['without index or place', [HEAD, row(0), `${handle}: Unknown Error`], 255, one],
  ['the first one', [HEAD, `${handle}0: 0000:01:00.0: Unknown Error`, row(1)], 0, { lost: [0] }],
  [
    'both',
    [`${handle}0: 0000:01:00.0: Unknown Error`, `${handle}1: 0000:02:00.0: Unknown Error`],
    255,
    { lost: [0, 1] },
  ],
  ['by UUID', [...good, `GPU ${UUIDS[1]}: GPU is lost`], 0, one],
  ['in every cell', marked('[GPU is lost]'), 0, one],
  ['in every cell but memory', half('[GPU is lost]'), 0, one],
  ['in one cell', [HEAD, row(0), row(1, FIGURES.replace('61', '[GPU is lost]'))], 0, one],
  ['without brackets', marked('GPU is lost'), 0, one],
  ['nothing but unknown errors', marked('[Unknown Error]'), 0, one],
  [
    'unknown errors, the temperature told',
    [HEAD, row(0), row(1, FIGURES.replace('88 %', '[Unknown Error]'))],
    0,
    'good',
  ],
  ['requires reset', half('[GPU requires reset]'), 0, one],
  ['requires reset everywhere', marked('[GPU requires reset]'), 0, one],
  ['no longer listed', [HEAD, row(0)], 0, one],
  ['no longer listed, indices shifted', [HEAD, row(1).replace('1, ', '0, ')], 0, { lost: [0] }],
  ['no longer listed, with a warning', [HEAD, row(0), warning], 14, one],
  ['none is listed any more', ['No devices were found'], 6, { lost: [0, 1] }],
  ['none, and not a word', [], 6, { lost: [0, 1] }],
  [
    'a good one that hangs behind a lost one',
    [`${handle} 0000:02:00.0: Unknown Error`],
    255,
    'hung',
    section('gpus:0', '', 124),
  ],
  // What a GPU does not tell.
  ...['[N/A]', 'N/A', '[Not Supported]', '[Not Found]', '[Insufficient Permissions]'].map(
    (mark): Case => [`every cell ${mark}`, marked(mark), 0, 'good'],
  ),
  ...['[Function Not Found]', '[Requested functionality has been deprecated]', '', 'ERR!', '-', '[]', 'NaN'].map(
    (mark): Case => [`every cell "${mark}"`, marked(mark), 0, 'good'],
  ),
  ['MIG', [HEAD, row(0, FIGURES.replace('88 %', '[N/A]').replace('Disabled', 'Enabled')), row(1)], 0, 'good'],
  ['no instances told', [HEAD, row(0, FIGURES.replace('Disabled', 'Enabled')), row(1)], 0, 'good'],
  ['unified memory', [HEAD, row(0, FIGURES.replace('46068 MiB, 44100 MiB', '[N/A], [N/A]')), row(1)], 0, 'good'],
  ['other units', [HEAD, row(0, FIGURES.replace('44100 MiB', '43 GB').replace('88 %', '88 W')), row(1)], 0, 'good'],
  ['numbers without units', [HEAD, row(0, FIGURES.replaceAll(/ (MiB|%|W|MHz)/g, '')), row(1)], 0, 'good'],
  ['a comma for a point', [HEAD, row(0), row(1, FIGURES.replace('250.12', '250;12'))], 0, 'good'],
  ['negative numbers', [HEAD, row(0), row(1, FIGURES.replace('88', '-1').replace('61', '-1'))], 0, 'good'],
  // Tables that are not as they should be.
  ['a column too few', good.map((line) => line.split(', ').toSpliced(6, 1).join(', ')), 0, 'good'],
  ['a column too many', [`${HEAD}, new.field`, `${row(0)}, 5`, `${row(1)}, 6`], 0, 'good'],
  ['columns in another order', good.map((line) => line.split(', ').reverse().join(', ')), 0, 'good'],
  ['no index', good.map((line) => line.split(', ').slice(1).join(', ')), 0, 'unknown'],
  ['no UUID', good.map((line) => line.split(', ').toSpliced(1, 1).join(', ')), 0, 'good'],
  ['no header', good.slice(1), 0, 'unknown'],
  ['no rows', [HEAD], 0, 'unknown'],
  ['no blanks', good.map((line) => line.replaceAll(', ', ',')), 0, 'good'],
  ['a comma in a name', good.map((line) => line.replace('A40', 'A40, big')), 0, 'good'],
  ['a row cut short', [HEAD, row(0), row(1).slice(0, 90)], 0, 'good'],
  ['a row cut in a number', [HEAD, row(0), row(1).slice(0, row(1).indexOf('44100') + 2)], 0, 'good'],
  ['a table cut off', [HEAD, row(0)], null, 'unknown'],
  ['a row twice', [...good, row(0)], 0, 'good'],
  ['few fields', good.map((line) => line.split(', ').slice(0, 9).join(', ')), 0, 'good'],
  // Warnings and noise.
  ['a warning before', [warning, ...good], 14, 'good'],
  ['a warning between', [HEAD, row(0), warning, row(1)], 14, 'good'],
  ['a warning behind', [...good, warning], 14, 'good'],
  ['a warning with commas', [...good, 'WARNING: a, b, c, d'], 14, 'good'],
  ['a greeting', ['Welcome, ann', 'index of news', ...good], 0, 'good'],
  ['a greeting like a header', ['index, of news', 'index, uuid', ...good], 0, 'good'],
  ['control characters', [...good, '\x1b[31mred\x1b[0m\x07'], 0, 'good'],
  ['an unknown error code', good, 99, 'good'],
  // Failures of the whole.
  ['an invalid field', ['Field "clocks.sm" is not a valid field to query.'], 2, 'unknown'],
  ['permission', ['Failed to initialize NVML: Insufficient Permissions'], 4, 'unknown'],
  ['no driver', ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."], 9, 'unknown'],
  ['no library', ["NVIDIA-SMI couldn't find libnvidia-ml.so library in your system."], 12, 'unknown'],
  [
    'mismatch',
    ['Failed to initialize NVML: Driver/library version mismatch', 'NVML library version: 535.161'],
    18,
    'unknown',
  ],
  ['a container', ['Failed to initialize NVML: Unknown Error'], 255, 'unknown'],
  ['WSL', ['Failed to initialize NVML: GPU access blocked by the operating system'], 255, 'unknown'],
  ['no supported GPU', ['Failed to initialize NVML: No supported GPUs were found'], 255, 'unknown'],
  ['a crash', [], 139, 'unknown'],
  ['killed', [], 137, 'unknown'],
  ['not executable', ['sh: nvidia-smi: Permission denied'], 126, 'unknown'],
  ['taken away', [], 127, 'unknown'],
  ['another call under way', [], 75, 'unknown'],
  ['nothing at all', [], 0, 'unknown'],
  ['a hang', [], 124, 'hung'],
  ['a hang behind the first row', [HEAD, row(0)], 124, 'hung'],
];

function figuresOf(gpu: Gpu): readonly (number | null)[] {
  const { utilPct, memory, tempC, powerW, powerLimitW, clocks, ecc } = gpu;
  return [utilPct, tempC, powerW, powerLimitW, ...[memory, clocks, ecc].flatMap((part) => Object.values(part))];
}

/** What the rule has firing after a look, by index; the list as states. */
function look(lines: readonly string[], exit: number | null, each: string, known: readonly KnownGpu[], at: number) {
  const text = section('wanted', 'all') + section('gpus', lines.join('\n'), exit) + each;
  const probed = parseSections(text, known, at);
  const snapshot = makeSnapshot({ at, hosts: [makeHost({ sample: probed.sample })], projects: [] });
  const { open } = evaluateRules({}, snapshot, {}, RULE_SETTINGS);
  const firing = Object.values(open).filter(({ rule, state }) => rule === 'gpu-lost' && state === 'firing');
  return { ...probed, lost: firing.map(({ labels }) => Number(labels.gpu)).sort() };
}

describe('outputs of nvidia-smi, after two GPUs had answered', () => {
  it('are many', () => assert.ok(cases.length >= 60, `${cases.length}`));

  for (const [name, lines, exit, outcome, each = ''] of cases) {
    it(name, () => {
      const before = look(good, 0, '', [], T0);
      assert.deepEqual(before.lost, []);
      const { sample, lost, known } = look(lines, exit, each, before.known, T0 + MINUTE);
      for (const gpu of sample.gpus ?? []) assert.ok(!figuresOf(gpu).includes(0), JSON.stringify(gpu));
      assert.ok(!sample.gpus?.some((gpu) => gpu.state !== 'ok' && gpu.state !== 'lost' && gpu.utilPct !== null));
      assert.deepEqual(lost, typeof outcome === 'object' ? outcome.lost : []);
      assert.equal(known.length, 2, 'nothing is forgotten');
      const states = sample.gpus?.map(({ state }) => state);
      if (outcome === 'unknown') assert.equal(sample.gpus, null);
      if (outcome === 'hung') assert.ok(states?.includes('hung') && !states.includes('lost'));
      if (outcome === 'good') assert.deepEqual(states, ['ok', 'ok']);
      if (outcome === 'unknown' || outcome === 'hung')
        assert.ok(sample.problems.some((text) => text.startsWith('GPUs: ')));
    });
  }
});

describe('GPUs that the configuration names', () => {
  const problemsOf = (wanted: string, lines: readonly string[], exit = 0) =>
    parseSections(section('wanted', wanted, null) + section('gpus', lines.join('\n'), exit)).sample.problems.filter(
      (text) => text.includes('configuration'),
    );
  for (const [name, wanted, lines, exit, expected] of [
    ['are there', '0,1', good, 0, []],
    ['are all that there are', 'all', good, 0, []],
    ['are not there', '0,2,7', good, 0, ['GPUs: the configuration names GPU 2, 7, which is not there']],
    ['are not known', '2', [], 124, []],
    [
      'are on a host that has none',
      '0',
      ['No devices were found'],
      6,
      ['GPUs: the configuration names GPU 0, which is not there'],
    ],
  ] as const) {
    it(name, () => assert.deepEqual(problemsOf(wanted, lines, exit), expected));
  }
});
