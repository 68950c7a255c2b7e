import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDigest } from '../../../src/core/digest/build-digest.ts';
import { addEvent, addSample, emptyMetrics } from '../../../src/core/digest/daily-metrics.ts';
import type { DigestView, FleetSample } from '../../../src/domain/digest.ts';
import { DAY, MINUTE } from '../../../src/domain/time.ts';
import { createSummaries, type Summaries } from '../../../src/edge/storage/summaries.ts';
import { makeRun, makeSnapshot, T0 } from '../../support/make.ts';

const PROGRESS = {
  completedEpochs: 19,
  totalEpochs: 20,
  percentage: 95,
  earlyStopped: false,
  earlyStoppedAtEpoch: null,
};

function makeDigest(date: string): DigestView {
  const process = { host: 'gpu1', pid: 1, user: 'ann', startedAt: T0 - 9 * DAY, args: '' };
  const gpu = { index: 0, util_pct: 3, memory_used: 1, memory_total: 2, ours: false };
  const sample: FleetSample = {
    at: T0 - MINUTE,
    hosts: [{ host: 'gpu1', cpu_pct: 4, gpus: [gpu] }],
    runs: { running: 1, finished: 0, failed: 1, stuck: 0, outdated: 0, never_started: 0, total: 2 },
  };
  const metrics = addSample(emptyMetrics(T0 - DAY, 5 * MINUTE), sample);
  return buildDigest({
    metrics: addEvent(metrics, { kind: 'host-lost', at: T0 - MINUTE, host: 'gpu1', error: 'no route' }),
    snapshot: makeSnapshot({
      runs: [makeRun({ process, progress: PROGRESS }), makeRun({ status: 'failed', reason: 'stopped-writing' })],
    }),
    window: { from: T0 - DAY, to: T0 },
    label: date,
    timeZone: 'UTC',
    settings: { sections: ['key_events'], nearCompletionPct: 90, longRunningDays: 7 },
    late: false,
    missed: ['2026-01-13'],
  });
}

describe('summaries', () => {
  let folder: string;
  let directory: string;
  let problems: string[];
  let summaries: Summaries;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'summaries-'));
    directory = join(folder, 'logs', 'summaries');
    problems = [];
    summaries = createSummaries({ directory, onProblem: (text) => problems.push(text) });
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('writes both files of a date, and reads the figures back', async () => {
    const digest = makeDigest('2026-01-15');
    await summaries.write(digest, '# Daily Summary\n');
    assert.deepEqual((await readdir(directory)).sort(), ['2026-01-15_metrics.json', '2026-01-15_summary.md']);
    assert.equal(await readFile(join(directory, '2026-01-15_summary.md'), 'utf8'), '# Daily Summary\n');
    assert.deepEqual(await summaries.readMetrics('2026-01-15'), digest);
    assert.deepEqual(problems, []);
  });

  it('replaces what is there', async () => {
    await summaries.write(makeDigest('2026-01-15'), 'old');
    await summaries.write({ ...makeDigest('2026-01-15'), late: true }, 'new');
    assert.equal((await summaries.readMetrics('2026-01-15'))?.late, true);
    assert.equal((await readdir(directory)).length, 2);
  });

  it('has nothing of a date without files, and never looks elsewhere', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(folder, 'logs', 'x_metrics.json'), JSON.stringify(makeDigest('2026-01-15')));
    assert.equal(await summaries.readMetrics('2026-01-15'), null);
    assert.equal(await summaries.readMetrics('../x'), null);
    assert.deepEqual(problems, []);
  });

  const damaged: readonly [string, string, RegExp][] = [
    ['empty', '', /JSON/],
    ['torn', '{"schema":"pylon.metrics/1","da', /JSON/],
    ['zeroed', '\0'.repeat(100), /JSON/],
    ['of another schema', '{"schema":"pylon.metrics/2"}', /schema: /],
    [
      'with a figure that is none',
      JSON.stringify({ ...makeDigest('2026-01-15'), observed_pct: 'all' }),
      /observed_pct: /,
    ],
  ];
  for (const [name, text, reason] of damaged) {
    it(`tells a file that is ${name}`, async () => {
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, '2026-01-15_metrics.json'), text);
      assert.equal(await summaries.readMetrics('2026-01-15'), null);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^summaries: cannot read 2026-01-15_metrics.json: /);
      assert.match(problems[0] ?? '', reason);
    });
  }

  it('tells what it cannot write, and does not throw', async () => {
    await writeFile(join(folder, 'logs'), 'in the way');
    await summaries.write(makeDigest('2026-01-15'), 'text');
    await summaries.write(makeDigest('../../x'), 'text');
    await summaries.prune(T0, 30);
    assert.deepEqual(
      problems.map((text) => text.split(':').slice(0, 3).join(':')),
      [
        'summaries: cannot write: ENOTDIR',
        'summaries: cannot write: not a date',
        'summaries: cannot remove old ones: ENOTDIR',
      ],
    );
  });

  it('removes both files of dates beyond the days, what crashes left of them, and nothing else', async () => {
    const mine = ['notes.md', '2020-01-01_summary.md.bak', '2020-01-01_metrics.jsonl'];
    await mkdir(directory, { recursive: true });
    for (const name of [...mine, '2025-12-01_metrics.json.77.1.tmp']) await writeFile(join(directory, name), '');
    for (const date of ['2025-12-15', '2025-12-16', '2026-01-15']) await summaries.write(makeDigest(date), 'text');
    await summaries.prune(T0, 30);
    assert.deepEqual(
      (await readdir(directory)).sort(),
      [
        ...mine,
        ...['2025-12-16', '2026-01-15'].flatMap((date) => [`${date}_metrics.json`, `${date}_summary.md`]),
      ].sort(),
    );
  });

  it('has nothing to remove where there is no folder', async () => {
    await summaries.prune(T0, 30);
    assert.deepEqual(problems, []);
  });
});
