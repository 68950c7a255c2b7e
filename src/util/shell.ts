/**
 * Quotes any text as one word for POSIX sh. NUL cannot stand in a shell word and is dropped.
 * (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_02_02)
 */
export function shellQuote(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", "'\\''")}'`;
}

/**
 * The whole script for one run of a constant program: its input as variable assignments, then the
 * program. It is fed through standard input to `SHELL_COMMAND`, so that nothing that varies ever
 * stands on a command line.
 */
export function shellScript(program: string, input: Readonly<Record<string, string>>): string {
  const assignments = Object.entries(input).map(([name, value]) => {
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a shell variable: ${name}`);
    return `${name}=${shellQuote(value)}\n`;
  });
  return assignments.join('') + program;
}

/**
 * Reads the whole script before it runs it. Constant and free of newlines and backslashes, so that
 * csh and fish pass it on unchanged; a plain `sh -s` would read a byte at a time in bash, and in dash
 * swallow what follows.
 */
export const SHELL_COMMAND = `exec sh -c 'eval "$(cat)"'`;
