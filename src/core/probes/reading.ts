import type { Section } from '../sections.ts';

/** What could be read, or null. `problem` says what is wrong, also where some value could be read. */
export interface Reading<T> {
  readonly value: T | null;
  readonly problem: string | null;
}

/** A value that says by itself whether it could be read. */
export function readingOf<T>(value: T | null, problem: string): Reading<T> {
  return { value, problem: value === null ? problem : null };
}

/** The body of a section that was printed to its end, else nothing. */
export function wholeBody(section: Section | undefined): string {
  return section?.complete === true ? section.body : '';
}

/** What one bounded command of the probe printed, and its exit code: null when it was cut off. */
export interface CommandOutput {
  readonly lines: readonly string[];
  readonly exit: number | null;
}

/** The exit code of a command that did not answer in time. */
export const EXIT_HUNG = 124;

/** Reads a section that ends with the line `exit N`; nothing a command prints can stand behind it. */
export function readCommand(section: Section | undefined): CommandOutput {
  const lines = (section?.body ?? '').split('\n').filter((line) => line.trim() !== '');
  const code = /^exit (\d{1,3})$/.exec(lines.at(-1) ?? '')?.[1];
  return code === undefined ? { lines, exit: null } : { lines: lines.slice(0, -1), exit: Number(code) };
}

/** Whether all that the command had to say is there, whatever its exit code. */
export function isWhole({ exit }: CommandOutput): boolean {
  return exit !== null && exit !== EXIT_HUNG;
}

/** A sentence on a command that did not do its work; what it printed is quoted, as far as given. */
export function explainCommand(
  name: string,
  limitS: number,
  { exit }: CommandOutput,
  said: readonly string[] = [],
): string {
  if (exit === EXIT_HUNG) return `${name} hangs: no answer within ${limitS} s`;
  if (exit === null) return `the output of ${name} is missing or was cut off`;
  return `${name} failed (exit ${exit})${said.length === 0 ? '' : `: ${quoted(said.join(' '))}`}`;
}

/** A host's own words for a sentence of ours: one line without control characters, 160 characters at most. */
export function quoted(text: string): string {
  const line = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
