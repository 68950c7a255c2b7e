import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryEntry } from '../../../src/domain/digest.ts';
import type { Event } from '../../../src/domain/event.ts';
import { DAY, HOUR } from '../../../src/domain/time.ts';
import { createHistory, type History } from '../../../src/edge/storage/history.ts';
import { NO_RUNS, T0 } from '../../support/make.ts';

const base = { at: T0, project: 'lab', config: 'configs/a.py', host: 'gpu1' };

const ofLauncher = { at: T0, project: 'lab' };

const EVENTS: readonly Event[] = [
  { kind: 'run-started', ...base },
  { kind: 'run-recovered', ...base },
  { kind: 'run-outdated', ...base },
  { kind: 'run-removed', ...base },
  { kind: 'run-restarted', ...base, session: 2 },
  { kind: 'run-finished', ...base, earlyStopped: true, completedEpochs: 3, session: 1 },
  { kind: 'run-failed', ...base, reason: 'fatal-error', summary: 'boom\n"quoted" \u2028', completedEpochs: 3 },
  { kind: 'run-stuck', ...base, silentSince: null },
  { kind: 'run-added', ...base, status: 'running' },
  { kind: 'epochs-completed', ...base, from: 1, to: 2, total: null },
  { kind: 'project-found', at: T0, project: 'lab', counts: { ...NO_RUNS, failed: 2 } },
  { kind: 'host-lost', at: T0, host: 'gpu1', error: 'no route' },
  { kind: 'host-back', at: T0, host: 'gpu1', awayMs: 5 },
  { kind: 'launcher-round', ...ofLauncher },
  { kind: 'launcher-waiting', ...ofLauncher },
  { kind: 'launcher-done', ...ofLauncher },
  { kind: 'stuck-removed', ...ofLauncher, runs: [{ config: 'configs/a.py', host: 'ann@gpu1', pid: 7 }] },
  { kind: 'outdated-cleaned', ...ofLauncher, days: 120, workDirs: ['logs/a'] },
  { kind: 'run-error', ...ofLauncher, config: 'configs/a.py', errorLog: 'logs/a/error.log' },
  { kind: 'run-launched', ...base, gpu: 1 },
  { kind: 'gpus-disconnected', ...ofLauncher, gpus: { 'ann@gpu1': [0, 1] } },
  { kind: 'hosts-disconnected', ...ofLauncher, hosts: ['ann@gpu1'] },
  { kind: 'launcher-progress', ...ofLauncher, pct: 31.94 },
  { kind: 'launcher-error', ...ofLauncher, text: 'disk full' },
];

function lost(at: number, host = 'gpu1'): HistoryEntry {
  return { t: 'event', event: { kind: 'host-lost', at, host, error: 'no route' } };
}

function sample(at: number): HistoryEntry {
  const runs = { running: 1, finished: 0, failed: 0, stuck: 0, outdated: 0, never_started: 0, total: 1 };
  const gpu = { index: 0, util_pct: 3, memory_used: null, memory_total: 80e9, ours: null };
  const hosts = [
    { host: 'gpu1', cpu_pct: 4.5, gpus: [gpu] },
    { host: 'gpu2', cpu_pct: null, gpus: null },
  ];
  return { t: 'sample', sample: { at, hosts, runs } };
}

describe('history', () => {
  let folder: string;
  let directory: string;
  let problems: string[];
  let history: History;

  function openHistory(): History {
    return createHistory({ directory, onProblem: (text) => problems.push(text) });
  }

  async function readAll(from = 0): Promise<HistoryEntry[]> {
    const entries: HistoryEntry[] = [];
    for await (const entry of history.readSince(from)) entries.push(entry);
    return entries;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'history-'));
    directory = join(folder, 'data', 'history');
    problems = [];
    history = openHistory();
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('gives back every kind of entry as it was', async () => {
    const entries = [...EVENTS.map((event) => ({ t: 'event' as const, event })), sample(T0)];
    for (const entry of entries) history.append(entry);
    assert.deepEqual(await readAll(), entries);
    history = openHistory();
    assert.deepEqual(await readAll(), entries);
    assert.deepEqual(problems, []);
  });

  it('has a file for each UTC date, and reads on from an instant', async () => {
    const midnight = Date.parse('2026-01-16T00:00:00Z');
    const entries = [lost(midnight - 1), lost(midnight), sample(midnight + 1), lost(midnight + DAY)];
    for (const entry of entries) history.append(entry);
    await history.flush();
    assert.deepEqual((await readdir(directory)).sort(), ['2026-01-15.jsonl', '2026-01-16.jsonl', '2026-01-17.jsonl']);
    assert.deepEqual(await readAll(midnight), entries.slice(1));
    assert.deepEqual(await readAll(midnight + 1), entries.slice(2));
    assert.deepEqual(await readAll(midnight + 2 * DAY), []);
  });

  it('is empty where there is no folder', async () => {
    assert.deepEqual(await readAll(), []);
    await history.prune(T0, 30);
    await history.flush();
    assert.deepEqual(problems, []);
  });

  it('writes what is appended during a write after it', async () => {
    history.append(lost(T0));
    await Promise.resolve();
    await Promise.resolve();
    history.append(lost(T0 + 1));
    await history.flush();
    history.append(lost(T0 + 2));
    assert.deepEqual(await readAll(), [lost(T0), lost(T0 + 1), lost(T0 + 2)]);
  });

  it('loses only the line that a crash tore, wherever it tore it', async () => {
    history.append(lost(T0));
    history.append(sample(T0 + 1));
    await history.flush();
    const file = join(directory, '2026-01-15.jsonl');
    const whole = await readFile(file);
    const first = whole.indexOf('\n') + 1;
    for (let size = first; size < whole.length - 1; size += 7) {
      await writeFile(file, whole);
      await truncate(file, size);
      history = openHistory();
      problems = [];
      history.append(lost(T0 + 2));
      assert.deepEqual(await readAll(), [lost(T0), lost(T0 + 2)], `cut at ${size}`);
      assert.equal(problems.length, size === first ? 0 : 1);
    }
    await truncate(file, 0);
    await writeFile(file, whole.subarray(0, -1));
    assert.deepEqual(await readAll(), [lost(T0), sample(T0 + 1)]);
  });

  const damaged: readonly [string, string][] = [
    ['NUL bytes', '\0'.repeat(512)],
    ['no JSON', '{"t":"event","event":{"kind":"host-l'],
    ['another object', '{"t":"event","event":{"kind":"run-eaten","at":1}}'],
    ['a wrong type', JSON.stringify({ t: 'event', event: { kind: 'host-lost', at: 'now', host: 'a', error: 'b' } })],
    ['a prototype', '{"t":"sample","sample":{"__proto__":{"at":1,"hosts":[],"runs":{}}}}'],
    ['null', 'null'],
  ];
  for (const [name, line] of damaged) {
    it(`skips and tells a line with ${name}, once`, async () => {
      history.append(lost(T0));
      await history.flush();
      await appendFile(join(directory, '2026-01-15.jsonl'), `${line}\n`);
      history.append(lost(T0 + 1));
      assert.deepEqual(await readAll(), [lost(T0), lost(T0 + 1)]);
      await readAll();
      assert.deepEqual(problems, ['history: 2026-01-15.jsonl: damaged lines skipped: 1']);
    });
  }

  it('does not fill the memory with a file without line ends', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, '2026-01-15.jsonl'), Buffer.alloc(40 * 2 ** 20, 'x'));
    history.append(lost(T0));
    assert.deepEqual(await readAll(), [lost(T0)]);
    assert.equal(problems.length, 1);
  });

  it('keeps what it cannot write until it can, and tells it once', async () => {
    await mkdir(join(folder, 'data'));
    await writeFile(directory, 'in the way');
    history.append(lost(T0));
    await history.flush();
    history.append(lost(T0 + 1));
    await history.flush();
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /^history: cannot write: EEXIST/);
    assert.deepEqual(await readAll(T0 + 1), [lost(T0 + 1)], 'known all the same');

    problems = problems.filter((problem) => problem.includes('cannot write'));
    await rm(directory);
    history.append(lost(T0 + 2));
    assert.deepEqual(await readAll(), [lost(T0), lost(T0 + 1), lost(T0 + 2)]);
    await rm(directory, { recursive: true });
    await writeFile(directory, 'again');
    history.append(lost(T0 + 3));
    await history.flush();
    assert.equal(problems.length, 2);
  });

  it('lets a bounded number wait', async () => {
    await mkdir(join(folder, 'data'));
    await writeFile(directory, 'in the way');
    for (let index = 0; index < 10_005; index += 1) history.append(lost(T0 + index));
    await history.flush();
    assert.deepEqual(
      problems.map((text) => text.slice(0, 30)),
      ['history: too much waits to be ', 'history: cannot write: EEXIST:'],
    );
    await rm(directory);
    history.append(lost(T0));
    assert.equal((await readAll()).length, 10_000);
  });

  it('tells a file and a folder that cannot be read', async () => {
    await mkdir(join(directory, '2026-01-15.jsonl'), { recursive: true });
    history.append(lost(T0 + DAY));
    assert.deepEqual(await readAll(), [lost(T0 + DAY)]);
    assert.match(problems[0] ?? '', /^history: cannot read 2026-01-15.jsonl: EISDIR/);
    await history.prune(T0 + 100 * DAY, 1);
    assert.match(problems[1] ?? '', /^history: cannot remove 2026-01-15.jsonl: /);

    await rm(directory, { recursive: true });
    await writeFile(directory, 'in the way');
    assert.deepEqual(await readAll(), []);
    assert.match(problems[2] ?? '', /^history: cannot read its folder: ENOTDIR/);
  });

  it('removes the dates beyond its days, and nothing else', async () => {
    for (const days of [0, 1, 2, 3]) history.append(lost(T0 - days * DAY));
    await history.flush();
    await writeFile(join(directory, 'notes.txt'), 'mine');
    await history.prune(T0 + HOUR, 2);
    const kept = ['2026-01-13.jsonl', '2026-01-14.jsonl', '2026-01-15.jsonl', 'notes.txt'];
    assert.deepEqual((await readdir(directory)).sort(), kept);
  });

  it('is for its owner only', async () => {
    history.append(lost(T0));
    await history.flush();
    const { mode } = await stat(join(directory, '2026-01-15.jsonl'));
    assert.equal(mode & 0o777, 0o600);
  });
});
