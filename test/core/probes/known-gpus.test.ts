import assert from 'node:assert/strict';
import { recallGpus } from '../../../src/core/probes/known-gpus.ts';
import type { GpuList, LostGpu } from '../../../src/core/probes/nvidia-smi.ts';
import type { Gpu, KnownGpu } from '../../../src/domain/host.ts';
import { DAY, MINUTE } from '../../../src/domain/time.ts';
import { makeGpu, T0 } from '../../support/make.ts';

const all = () => true;

function card(letter: string, index: number, over: Partial<Gpu> = {}): Gpu {
  const place = letter.charCodeAt(0) - 96;
  return makeGpu({ index, uuid: `GPU-${letter}`, name: `card ${letter}`, busId: `0000:0${place}:00.0`, ...over });
}

function list(gpus: readonly Gpu[], over: Partial<GpuList> = {}): GpuList {
  return { gpus, lost: [], state: 'whole', problem: null, ...over };
}

function complaint(over: Partial<LostGpu>): LostGpu {
  return { index: null, asked: null, uuid: '', busId: '', ...over };
}

function knownAfter(...gpus: readonly Gpu[]): readonly KnownGpu[] {
  return recallGpus(list(gpus), [], all, T0).known;
}

const three = knownAfter(card('a', 0), card('b', 1), card('c', 2));

const short = (gpus: readonly Gpu[] | null) =>
  gpus?.map(({ index, uuid, state }) => `${index} ${uuid} ${state}`) ?? null;

const cases: [name: string, given: GpuList, expected: string[] | null][] = [
  ['all there', list([card('a', 0), card('b', 1), card('c', 2)]), ['0 GPU-a ok', '1 GPU-b ok', '2 GPU-c ok']],
  [
    'one is gone, the indices as they were',
    list([card('a', 0), card('c', 2)]),
    ['0 GPU-a ok', '1 GPU-b lost', '2 GPU-c ok'],
  ],
  [
    'one is gone after a restart, the indices shifted',
    list([card('a', 0), card('c', 1)]),
    ['0 GPU-a ok', '1 GPU-c ok', '1 GPU-b lost'],
  ],
  ['none is left', list([]), ['0 GPU-a lost', '1 GPU-b lost', '2 GPU-c lost']],
  [
    'a complaint that names index and place',
    list([card('a', 0), card('c', 2)], { lost: [complaint({ index: 1, busId: '0000:02:00.0' })] }),
    ['0 GPU-a ok', '1 GPU-b lost', '2 GPU-c ok'],
  ],
  [
    'a complaint that names the place only',
    list([card('a', 0), card('c', 2)], { lost: [complaint({ busId: '0000:02:00.0' })] }),
    ['0 GPU-a ok', '1 GPU-b lost', '2 GPU-c ok'],
  ],
  [
    'a complaint about one that is listed all the same',
    list([card('a', 0), card('b', 1), card('c', 2)], { lost: [complaint({ uuid: 'GPU-b' })] }),
    ['0 GPU-a ok', '1 GPU-b lost', '2 GPU-c ok'],
  ],
  [
    'another card in its place',
    list([card('a', 0), card('n', 1, { busId: '0000:02:00.0' }), card('c', 2)]),
    ['0 GPU-a ok', '1 GPU-n ok', '2 GPU-c ok'],
  ],
  [
    'cards that changed places',
    list([card('b', 0), card('a', 1), card('c', 2)]),
    ['0 GPU-b ok', '1 GPU-a ok', '2 GPU-c ok'],
  ],
  ['nvidia-smi hangs', list([], { state: 'hung' }), ['0 GPU-a hung', '1 GPU-b hung', '2 GPU-c hung']],
  ['it hangs at the second', list([card('a', 0)], { state: 'hung' }), ['0 GPU-a ok', '1 GPU-b hung', '2 GPU-c hung']],
  ['it tells nothing', list([], { state: 'unknown' }), null],
  ['it is gone', list([], { state: 'absent' }), null],
];

describe('recallGpus', () => {
  for (const [name, given, expected] of cases) {
    it(name, () => assert.deepEqual(short(recallGpus(given, three, all, T0 + MINUTE).gpus), expected));
  }

  it('has name, UUID and place of one that is only complained about, and no figures', () => {
    const given = list([card('a', 0), card('c', 2)], { lost: [complaint({ index: 1, busId: '0000:02:00.0' })] });
    const lost = recallGpus(given, three, all, T0).gpus?.[1];
    assert.deepEqual([lost?.name, lost?.uuid, lost?.busId], ['card b', 'GPU-b', '0000:02:00.0']);
    assert.deepEqual([lost?.utilPct, lost?.memory, lost?.throttle], [null, { total: null, used: null }, null]);
  });

  it('gives one that nobody has seen the index that the others leave out', () => {
    const given = list([card('a', 0), card('c', 2)], { lost: [complaint({ busId: '0000:02:00.0' })] });
    assert.deepEqual(short(recallGpus(given, [], all, T0).gpus), ['0 GPU-a ok', '1  lost', '2 GPU-c ok']);
    const asked = list([], { lost: [complaint({ asked: 3, busId: '0000:02:00.0' })] });
    assert.deepEqual(short(recallGpus(asked, [], all, T0).gpus), ['3  lost']);
  });

  it('knows it again once it tells its UUID', () => {
    const given = list([card('a', 0)], { lost: [complaint({ index: 1, busId: '0000:02:00.0' })] });
    const { known } = recallGpus(given, [], all, T0);
    const back = recallGpus(list([card('a', 0), card('b', 1)]), known, all, T0 + MINUTE);
    assert.deepEqual(short(back.gpus), ['0 GPU-a ok', '1 GPU-b ok']);
  });

  it('has none where nvidia-smi hangs before any was seen', () => {
    assert.equal(recallGpus(list([], { state: 'hung' }), [], all, T0).gpus, null);
  });

  it('misses one for seven days', () => {
    let known = three;
    const look = (at: number) => {
      const recalled = recallGpus(list([card('a', 0), card('c', 2)]), known, all, at);
      known = recalled.known;
      return short(recalled.gpus)?.includes('1 GPU-b lost');
    };
    assert.deepEqual([look(T0), look(T0 + 6 * DAY), look(T0 + 7 * DAY - 1)], [true, true, true]);
    assert.deepEqual([look(T0 + 7 * DAY), look(T0 + 8 * DAY)], [false, false]);
  });

  it('does not count the time in which nvidia-smi hung for one that answered before', () => {
    const { known } = recallGpus(list([], { state: 'hung' }), three, all, T0 + 8 * DAY);
    const after = recallGpus(list([card('a', 0), card('c', 1)]), known, all, T0 + 9 * DAY);
    assert.deepEqual(short(after.gpus), ['0 GPU-a ok', '1 GPU-c ok', '1 GPU-b lost']);
    assert.equal(after.known[2]?.missingSince, T0 + 9 * DAY);
  });

  it('says that nvidia-smi is gone for seven days, then that there are no GPUs', () => {
    const absent = list([], { state: 'absent' });
    const first = recallGpus(absent, three, all, T0);
    assert.deepEqual([first.gpus, first.problem], [null, 'GPUs: nvidia-smi is no longer there']);
    const last = recallGpus(absent, first.known, all, T0 + 7 * DAY);
    assert.deepEqual([last.gpus, last.known, last.problem], [[], [], null]);
  });

  it('neither tells nor misses those that are not watched', () => {
    const watched = (index: number) => index < 2;
    const { gpus, known } = recallGpus(list([card('a', 0), card('b', 1)]), three, watched, T0);
    assert.deepEqual(short(gpus), ['0 GPU-a ok', '1 GPU-b ok']);
    assert.equal(known.length, 2);
  });
});
