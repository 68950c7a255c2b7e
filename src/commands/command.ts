import type { Privacy } from '../core/views/probe-view.ts';
import type { Queries } from '../domain/queries.ts';

/** The object that `--json` prints, and the data of the template that words it. */
export interface Answer {
  readonly template: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** A host or a check failed: the CLI exits 3, and the answer is whole all the same. */
  readonly failed?: boolean;
}

/** One question that people may ask, wherever they ask it. */
export interface Command {
  readonly name: string;
  readonly description: string;
  /** What may stand behind the name. */
  readonly usage: string;
  /** @throws UsageError when the words behind the name make no sense */
  run(words: readonly string[], queries: Queries, privacy: Privacy): Promise<Answer>;
}

/** The words make no sense; the message says what is allowed. */
export class UsageError extends Error {}
