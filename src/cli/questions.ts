/** An option of a question, and the words that it is for the command, the same that people write in a chat. */
interface QuestionOption {
  readonly name: string;
  /** As in `--date <date>`. */
  readonly value: string;
  readonly description: string;
  readonly words: (value: string) => string;
}

/** A command that asks something and shows the answer. */
export interface Question {
  readonly name: string;
  /** What stands behind the name, as commander writes it; null: nothing. */
  readonly argument: string | null;
  readonly description: string;
  readonly options: readonly QuestionOption[];
  /** What is asked for where no option says otherwise: a terminal has the room that a chat has not. */
  readonly preset: readonly string[];
}

export const QUESTIONS: readonly Question[] = [
  {
    name: 'status',
    argument: null,
    description: 'runs by status, hosts, and what needs a human',
    options: [],
    preset: [],
  },
  {
    name: 'runs',
    argument: '[words...]',
    description: 'runs with status, progress and ETA: those with this part of a name or glob, or project=NAME; or all',
    options: [
      keyed('status', 'status[,status]', 'running, finished, failed, stuck, outdated, never-started or active'),
      keyed('host', 'name', 'on this host'),
      keyed('owner', 'user', 'of this user'),
      keyed('sort', 'key', 'name, status, progress, eta or updated; -key turns it around'),
      keyed('limit', 'count', 'no more than so many'),
    ],
    preset: ['limit=all'],
  },
  {
    name: 'run',
    argument: '<name>',
    description: 'one run in full: its config, or enough of it to tell it from others',
    options: [],
    preset: [],
  },
  { name: 'probe', argument: '[host]', description: 'look at one host, or all, now', options: [], preset: [] },
  {
    name: 'events',
    argument: '[words...]',
    description: 'what happened: to runs with this part of a name or glob, or of project=NAME; or all',
    options: [
      { name: 'since', value: 'duration', description: 'so long ago at most, such as 24h', words: (value) => value },
      keyed('kind', 'kind', 'of this kind only, such as run-failed'),
      keyed('run', 'name', 'of this run only'),
      keyed('limit', 'count', 'the newest, no more than so many'),
    ],
    preset: [],
  },
  {
    name: 'summary',
    argument: null,
    description: 'the digest of today so far, or of a kept date',
    options: [{ name: 'date', value: 'date', description: 'a kept date, YYYY-MM-DD', words: (value) => value }],
    preset: [],
  },
];

function keyed(name: string, value: string, description: string): QuestionOption {
  return { name, value, description, words: (given) => `${name}=${given}` };
}

/** The question as one would write it in a chat. A later word wins over an earlier one. */
export function questionText(
  { name, options, preset }: Question,
  words: readonly string[],
  given: Readonly<Record<string, unknown>>,
): string {
  const chosen = options.flatMap((option) => {
    const value = given[option.name];
    return typeof value === 'string' ? [option.words(value)] : [];
  });
  return [name, ...preset, ...chosen, ...words].join(' ');
}
