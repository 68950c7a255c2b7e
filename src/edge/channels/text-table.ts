import { createColors } from 'picocolors';
import { plainText, type TableRow } from '../../domain/message.ts';
import { oneLine } from './text.ts';
import { columnsOf, cutEnd, cutMiddle } from './text-width.ts';

export type Align = 'left' | 'right' | 'center' | null;
export type Colors = ReturnType<typeof createColors>;

interface TableStyle {
  readonly colors: Colors;
  /** Columns that it may take; Infinity: nothing is cut. */
  readonly width: number;
}

interface Column {
  readonly align: Align;
  readonly width: number;
  /** It is not made narrower than this. */
  readonly least: number;
  readonly isName: boolean;
}

const GAP = '  ';

/** A name is still told from others in so many columns, and two words are left of a text: `never started`. */
const LEAST_NAME = 22;
const LEAST_TEXT = 13;

/**
 * Columns aligned with spaces, without borders; the first row is the header. Each row takes one line:
 * where they do not fit, texts are cut, numbers (what is aligned to the right) never, and columns are
 * dropped from the right. So they stand in the order of their importance, names first.
 */
export function textTable(
  rows: readonly TableRow[],
  align: readonly Align[],
  { colors, width }: TableStyle = { colors: createColors(false), width: Number.POSITIVE_INFINITY },
): string[] {
  const cells = rows.map((row) => row.children.map(({ children }) => oneLine(plainText(children))));
  const columns = fitted(naturalColumns(cells, align), width);
  if (columns.length === 0) return [];
  return cells.map((row, index) => {
    const paint = index === 0 ? colors.bold : (text: string) => painted(text, colors);
    return columns
      .map((column, position) => padded(row[position] ?? '', column, paint))
      .join(GAP)
      .trimEnd();
  });
}

function naturalColumns(rows: readonly (readonly string[])[], align: readonly Align[]): Column[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [position, text] of row.entries()) {
      widths[position] = Math.max(widths[position] ?? 0, columnsOf(text));
    }
  }
  return widths.map((width, position) => {
    const least = align[position] === 'right' ? width : position === 0 ? LEAST_NAME : LEAST_TEXT;
    return { align: align[position] ?? 'left', width, least: Math.min(width, least), isName: position === 0 };
  });
}

function fitted(columns: readonly Column[], width: number): readonly Column[] {
  const room = width - GAP.length * (columns.length - 1);
  const narrowest = sumOf(columns.map(({ least }) => least));
  if (narrowest > room && columns.length > 1) return fitted(columns.slice(0, -1), width);
  let widest = Math.min(room, Math.max(0, ...columns.map((column) => column.width)));
  while (widest > 0 && sumOf(columns.map((column) => capped(column, widest))) > room) widest -= 1;
  return columns.map((column) => ({ ...column, width: capped(column, widest) }));
}

function capped({ width, least }: Column, widest: number): number {
  return Math.min(width, Math.max(least, widest));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function padded(text: string, { align, width, isName: named }: Column, paint: (text: string) => string): string {
  // Of a name or a path the end tells one from the other, of words the beginning.
  const isName = named || !text.includes(' ');
  const shown = isName ? cutMiddle(text, width) : cutEnd(text, width);
  const left = width - columnsOf(shown);
  const before = align === 'right' ? left : align === 'center' ? Math.floor(left / 2) : 0;
  return `${' '.repeat(before)}${shown === '' ? '' : paint(shown)}${' '.repeat(left - before)}`;
}

type Color = 'green' | 'red' | 'yellow' | 'dim';

const STATUS_COLORS: ReadonlyMap<string, Color> = new Map<string, Color>([
  ['running', 'green'],
  ['failed', 'red'],
  ['stuck', 'red'],
  ['lost', 'red'],
  ['hung', 'red'],
  ['outdated', 'yellow'],
  ['never started', 'dim'],
]);

/** In the colour of the status that it is, if it is one. */
function painted(text: string, colors: Colors): string {
  const color = STATUS_COLORS.get(text);
  return color === undefined ? text : colors[color](text);
}
