/** What Python's `repr` prints of dicts, lists, tuples, strings and integers. */
export type Literal = string | number | readonly Literal[] | LiteralDict;

export interface LiteralDict {
  readonly entries: readonly (readonly [Literal, Literal])[];
}

/** Deeper ones are no message of a launcher. */
const MAX_DEPTH = 20;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

interface Reader {
  readonly text: string;
  at: number;
}

/** The literal that the text is; null where it is none, is cut off, or has something behind it. One pass. */
export function readLiteral(text: string): Literal | null {
  const reader = { text, at: 0 };
  const value = readValue(reader, 0);
  skipSpace(reader);
  return reader.at === text.length ? value : null;
}

export function isDict(value: Literal | null | undefined): value is LiteralDict {
  return typeof value === 'object' && value !== null && 'entries' in value && !isList(value);
}

export function isList(value: Literal | null | undefined): value is readonly Literal[] {
  return Array.isArray(value);
}

function readValue(reader: Reader, depth: number): Literal | null {
  if (depth > MAX_DEPTH) return null;
  skipSpace(reader);
  switch (reader.text[reader.at]) {
    case '{':
      return readDict(reader, depth);
    case '[':
      return readItems(reader, ']', depth);
    case '(':
      return readItems(reader, ')', depth);
    case "'":
    case '"':
      return readString(reader);
    default:
      return readInteger(reader);
  }
}

function readDict(reader: Reader, depth: number): LiteralDict | null {
  const entries: [Literal, Literal][] = [];
  const whole = readSeparated(reader, '}', () => {
    const key = readValue(reader, depth + 1);
    if (key === null || !take(reader, ':')) return false;
    const value = readValue(reader, depth + 1);
    if (value === null) return false;
    entries.push([key, value]);
    return true;
  });
  return whole ? { entries } : null;
}

function readItems(reader: Reader, end: string, depth: number): readonly Literal[] | null {
  const items: Literal[] = [];
  const whole = readSeparated(reader, end, () => {
    const item = readValue(reader, depth + 1);
    if (item === null) return false;
    items.push(item);
    return true;
  });
  return whole ? items : null;
}

/** From the opening bracket to the closing one; the last comma may have nothing behind it. */
function readSeparated(reader: Reader, end: string, readOne: () => boolean): boolean {
  reader.at += 1;
  while (!take(reader, end)) {
    if (!readOne()) return false;
    if (!take(reader, ',')) return take(reader, end);
  }
  return true;
}

function readString(reader: Reader): string | null {
  const { text } = reader;
  const quote = text[reader.at];
  const start = reader.at + 1;
  let end = start;
  while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) return null;
  reader.at = end + 1;
  return unescapeText(text.slice(start, end));
}

function readInteger(reader: Reader): number | null {
  const [digits] = /^-?\d{1,15}/.exec(reader.text.slice(reader.at, reader.at + 16)) ?? [];
  if (digits === undefined) return null;
  reader.at += digits.length;
  return Number(digits);
}

/** https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences, as far as `repr` writes them. */
function unescapeText(text: string): string {
  return text.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gs,
    (whole, x?: string, u?: string, U?: string, plain?: string) => {
      if (plain !== undefined) return ESCAPES[plain] ?? plain;
      const code = Number.parseInt(x ?? u ?? U ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** Whether the character comes next; it is passed then. */
function take(reader: Reader, character: string): boolean {
  skipSpace(reader);
  if (reader.text[reader.at] !== character) return false;
  reader.at += 1;
  return true;
}

function skipSpace(reader: Reader): void {
  while (reader.text[reader.at] === ' ') reader.at += 1;
}
