import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DigestView } from '../../domain/digest.ts';
import { DAY, type Instant, isoTime } from '../../domain/time.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { isMissing, reasonOf } from './errors.ts';
import { parseDigest } from './summary-schema.ts';

export interface Summaries {
  /** Writes both files of the digest's date; those that are there are replaced. */
  write(digest: DigestView, markdown: string): Promise<void>;
  /** The kept digest of a local date (YYYY-MM-DD); null where there is none, or it cannot be read. */
  readMetrics(date: string): Promise<DigestView | null>;
  /** Removes the files of dates more than `days` before `now`, and what a crash left of a write. */
  prune(now: Instant, days: number): Promise<void>;
}

export interface SummariesOptions {
  readonly directory: string;
  /** Told in a sentence what could not be written or read; nothing is thrown. */
  readonly onProblem: (text: string) => void;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** With what a crash left of a write. */
const OURS = /^(\d{4}-\d{2}-\d{2})_(summary[.]md|metrics[.]json)([.]\d+[.]\d+[.]tmp)?$/;

/** People read these: what others may do is left to the umask. */
const FILE_MODE = 0o644;

/** The files `YYYY-MM-DD_summary.md` and `YYYY-MM-DD_metrics.json`. */
export function createSummaries({ directory, onProblem }: SummariesOptions): Summaries {
  async function write(digest: DigestView, markdown: string): Promise<void> {
    try {
      if (!DATE.test(digest.date)) throw new Error(`not a date: ${digest.date}`);
      await mkdir(directory, { recursive: true });
      await writeFileAtomically(join(directory, `${digest.date}_summary.md`), markdown, FILE_MODE);
      await writeFileAtomically(metricsFile(digest.date), `${JSON.stringify(digest, null, 2)}\n`, FILE_MODE);
    } catch (error) {
      onProblem(`summaries: cannot write: ${reasonOf(error)}`);
    }
  }

  async function readMetrics(date: string): Promise<DigestView | null> {
    if (!DATE.test(date)) return null;
    try {
      return parseDigest(await readFile(metricsFile(date), 'utf8'));
    } catch (error) {
      if (!isMissing(error)) onProblem(`summaries: cannot read ${date}_metrics.json: ${reasonOf(error)}`);
      return null;
    }
  }

  async function prune(now: Instant, days: number): Promise<void> {
    const oldest = isoTime(now - days * DAY).slice(0, 10);
    try {
      for (const name of await readdir(directory)) {
        const date = OURS.exec(name)?.[1];
        if (date !== undefined && date < oldest) await rm(join(directory, name), { force: true });
      }
    } catch (error) {
      if (!isMissing(error)) onProblem(`summaries: cannot remove old ones: ${reasonOf(error)}`);
    }
  }

  function metricsFile(date: string): string {
    return join(directory, `${date}_metrics.json`);
  }

  return { write, readMetrics, prune };
}
