/** Looked at from the end of a log, whatever the caller gives: bounds the work on hostile text. */
const LAST_LINES = 2_000;
const LINE_LENGTH = 1_000;
/** The longest text of a verdict. */
const TEXT_LENGTH = 300;

export interface LogLine {
  /** Counts from 1 in the text that was looked at. */
  readonly number: number;
  /** Without colours, control characters and what a logger or launcher puts in front. */
  readonly text: string;
  /** Which of several processes wrote it, where the line says so. */
  readonly rank: string | null;
}

const LEVEL = '(?:DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL)';
const TIME = '\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?Z?';

/** What stands in front of a message, each form with one blank at most behind it, as Python indents by two. */
const PREFIX = new RegExp(
  `^(?:${[
    `\\[${LEVEL}\\] ${TIME} - `,
    `${TIME} - (?:[\\w.]{1,60} - )?${LEVEL} - `,
    `${TIME}[ ,-]{1,3}${LEVEL}:? `,
    `${LEVEL} \\[[^\\]]{1,100}\\]: `,
    `${LEVEL}(?::[\\w.]{1,60})?: ?`,
    `\\[${LEVEL}\\]:? ?`,
    '\\[?rank ?(\\d{1,5})\\]?: ?',
    '(\\d{1,5}): (?=[ A-Z\\[])',
    '\\[\\d{1,5},(\\d{1,5})\\]<std(?:out|err)>: ?',
    '\\((?:[\\w.]{1,60} )?(pid=\\d{1,10})(?:, ip=[\\d.]{7,15})?\\) ',
    ' {2,20}[|+] ?',
  ].join('|')})`,
  'i',
);

/**
 * The last lines of a log. Where a progress bar wrote over its line, each text that stood there is a
 * line of its own with the same number.
 */
export function logLines(tail: string): LogLine[] {
  const all = tail.split('\n');
  const skipped = Math.max(0, all.length - LAST_LINES);
  const lines = all.slice(skipped).flatMap((whole, index) =>
    whole
      .split('\r')
      .slice(-LAST_LINES)
      .map((text) => readLine(text, skipped + index + 1)),
  );
  return lines.slice(-LAST_LINES);
}

function readLine(raw: string, number: number): LogLine {
  let text = plain(raw.slice(0, LINE_LENGTH));
  let rank: string | null = null;
  // Launcher, logger and exception group at the most.
  for (let layer = 0; layer < 3; layer += 1) {
    const match = PREFIX.exec(text);
    if (match === null) break;
    rank ??= match.slice(1).find((group) => group !== undefined) ?? null;
    text = text.slice(match[0].length);
  }
  return { number, text, rank };
}

function plain(text: string): string {
  return text
    .replace(/\x1b\[[\d;?]{0,30}[A-Za-z]/g, '')
    .replace(/\t/g, '    ')
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '');
}

/** One line of a verdict, cut to its longest. */
export function capped(text: string): string {
  const line = text.trim();
  return line.length > TEXT_LENGTH ? `${line.slice(0, TEXT_LENGTH - 1)}…` : line;
}
