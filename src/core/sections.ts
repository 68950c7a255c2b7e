export interface Section {
  readonly body: string;
  /** false when the output ended before the section did: cut off or timed out. */
  readonly complete: boolean;
}

/**
 * Splits what a program printed into its marked sections. A section begins with the line
 * `#<nonce> <name>` and ends where the next one begins; the last one is `end`. The nonce is new for
 * every call, so that nothing a host prints can pass for a marker. A program prints a newline before
 * each marker, which is not part of the body. Text before the first marker (noisy logins) is dropped.
 */
export function splitSections(output: string, nonce: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  const mark = `\n#${nonce} `;
  const parts = `\n${output}`.split(mark);
  for (const [index, part] of parts.entries()) {
    if (index === 0) continue;
    const newline = part.indexOf('\n');
    const name = newline < 0 ? part : part.slice(0, newline);
    if (name === 'end') continue;
    sections.set(name, { body: newline < 0 ? '' : part.slice(newline + 1), complete: index < parts.length - 1 });
  }
  return sections;
}

/** Shell functions every sectioned program begins with; they need `$nonce`. */
export const SECTION_PRELUDE = `
section() { printf '\\n#%s %s\\n' "$nonce" "$1"; }
`;
