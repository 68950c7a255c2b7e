import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryEntry } from '../../domain/digest.ts';
import { DAY, type Instant, isoTime } from '../../domain/time.ts';
import { isMissing, reasonOf } from './errors.ts';
import { historyEntrySchema } from './history-schema.ts';
import { appendLines, readLines } from './lines.ts';

export interface History {
  /** Returns at once; entries are written in the order in which they come. */
  append(entry: HistoryEntry): void;
  /** Settles when what was appended is written, or could not be. */
  flush(): Promise<void>;
  /** Everything kept from `from` on, in the order in which it was written. */
  readSince(from: Instant): AsyncIterable<HistoryEntry>;
  /** Removes the files of dates that ended more than `days` ago. */
  prune(now: Instant, days: number): Promise<void>;
}

export interface HistoryOptions {
  readonly directory: string;
  /** Told in a sentence what could not be written or read; nothing is thrown. */
  readonly onProblem: (text: string) => void;
}

const FILE_NAME = /^\d{4}-\d{2}-\d{2}[.]jsonl$/;

/** Entries that wait while the disk takes none; those beyond it are lost. */
const MOST_WAITING = 10_000;

/**
 * Samples and events, one JSON object a line, in a file for each UTC date (`YYYY-MM-DD.jsonl`): a
 * UTC date has 24 hours and is the same after a change of the time zone in the settings. Lines that a
 * crash tore are skipped when read. There must be one writer only: the bot locks its data folder.
 */
export function createHistory({ directory, onProblem }: HistoryOptions): History {
  let waiting: HistoryEntry[] = [];
  let writing: Promise<void> | null = null;
  let told = new Set<string>();
  const damagedTold = new Map<string, number>();

  function append(entry: HistoryEntry): void {
    if (waiting.length < MOST_WAITING) waiting.push(entry);
    else tellOnce('too much waits to be written; entries are lost');
    writing ??= writeWaiting();
  }

  /** After a failure all that wait stay for the next append to try again. */
  async function writeWaiting(): Promise<void> {
    // What is appended in the same turn goes into one write.
    await Promise.resolve();
    try {
      while (waiting.length > 0) {
        const batch = firstOfOneFile(waiting);
        await write(batch);
        waiting = waiting.slice(batch.length);
      }
      told = new Set();
    } catch (error) {
      tellOnce(`cannot write: ${reasonOf(error)}`);
    } finally {
      writing = null;
    }
  }

  async function write(batch: readonly HistoryEntry[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await appendLines(
      join(directory, fileOf(first)),
      batch.map((entry) => JSON.stringify(entry)),
    );
  }

  async function flush(): Promise<void> {
    await writing;
  }

  async function* readSince(from: Instant): AsyncIterable<HistoryEntry> {
    await flush();
    for (const file of await files()) if (file >= fileName(from)) yield* readFile(file, from);
    await flush();
    // What the disk did not take is known all the same.
    yield* waiting.filter((entry) => instantOf(entry) >= from);
  }

  async function* readFile(file: string, from: Instant): AsyncIterable<HistoryEntry> {
    let damaged = 0;
    try {
      for await (const line of readLines(createReadStream(join(directory, file), 'utf8'))) {
        const entry = parse(line);
        if (entry === null) damaged += 1;
        else if (instantOf(entry) >= from) yield entry;
      }
    } catch (error) {
      onProblem(`history: cannot read ${file}: ${reasonOf(error)}`);
    }
    tellDamage(file, damaged);
  }

  async function files(): Promise<string[]> {
    try {
      return (await readdir(directory)).filter((name) => FILE_NAME.test(name)).sort();
    } catch (error) {
      if (!isMissing(error)) onProblem(`history: cannot read its folder: ${reasonOf(error)}`);
      return [];
    }
  }

  async function prune(now: Instant, days: number): Promise<void> {
    for (const file of await files()) {
      if (file >= fileName(now - days * DAY)) continue;
      await rm(join(directory, file), { force: true }).catch((error) =>
        onProblem(`history: cannot remove ${file}: ${reasonOf(error)}`),
      );
    }
  }

  /** Once until writing works again. */
  function tellOnce(problem: string): void {
    if (told.has(problem)) return;
    told.add(problem);
    onProblem(`history: ${problem}`);
  }

  function tellDamage(file: string, damaged: number): void {
    if (damaged > (damagedTold.get(file) ?? 0)) onProblem(`history: ${file}: damaged lines skipped: ${damaged}`);
    damagedTold.set(file, damaged);
  }

  return { append, flush, readSince, prune };
}

function firstOfOneFile(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const [first] = entries;
  const end = entries.findIndex((entry) => first !== undefined && fileOf(entry) !== fileOf(first));
  return entries.slice(0, end < 0 ? entries.length : end);
}

function parse(line: string): HistoryEntry | null {
  try {
    return historyEntrySchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

function instantOf(entry: HistoryEntry): Instant {
  return entry.t === 'event' ? entry.event.at : entry.sample.at;
}

function fileOf(entry: HistoryEntry): string {
  return fileName(instantOf(entry));
}

function fileName(at: Instant): string {
  return `${isoTime(at).slice(0, 10)}.jsonl`;
}
