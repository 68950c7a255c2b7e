/** Without terminal sequences (ECMA-48: CSI, OSC and the two-byte ones), control characters and marks that turn text around. */
export function printable(text: string): string {
  return text
    .replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -~]/g, '')
    .replace(/\t/g, '    ')
    .replace(/[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '');
}

/** As much of the line as fits into so many UTF-16 units, with an ellipsis where some is missing. Splits no character. */
export function capped(line: string, most: number): string {
  return line.length > most ? `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…` : line;
}
