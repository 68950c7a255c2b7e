import { oneLine } from './clean.ts';

/*
 * How a value stays literal, whatever it holds. The template does not put the value into its
 * Markdown but a mark: its number between two code points that Unicode reserves for a program's own
 * use and that cleanText() has taken out of all data. Markdown sees a word, the same for every
 * value; after it is parsed, the marks in text and code are replaced by what they stand for. So no
 * value can become Markdown, HTML or a link, or change the structure around it.
 */
const BEGIN = '\ufdd0';
const END = '\ufdd1';
const MARK = /\ufdd0(\d+)\ufdd1/g;

/** Keeps a value and returns the mark that stands for it. */
export function markValue(values: string[], text: string): string {
  values.push(text);
  return `${BEGIN}${values.length - 1}${END}`;
}

export function hasMark(text: string): boolean {
  return text.includes(BEGIN);
}

/** The text with every mark replaced by its value; newlines in values are kept. */
export function fillLines(text: string, values: readonly string[]): string {
  return text.replace(MARK, (_, index) => values[Number(index)] ?? '');
}

/** The same on one line. */
export function fillLine(text: string, values: readonly string[]): string {
  return oneLine(fillLines(text, values));
}
