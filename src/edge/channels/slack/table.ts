import { type Block, plainText } from '../../../domain/message.ts';
import { cutEnd, cutMiddle } from '../text-width.ts';
import { clean } from './text.ts';

/** A wider cell is cut: one long value must not push the others out of sight. */
const MAX_CELL = 48;
/** Of far longer ones, common in logs, the middle is not looked at. */
const LONGEST = 1_000;

/**
 * Aligned columns for a fixed-width font. Of Slack's own table block a message may hold one only
 * (https://docs.slack.dev/reference/block-kit/blocks/table-block); this may stand anywhere, and can be copied.
 */
export function tableText(table: Extract<Block, { type: 'table' }>): string {
  const rows = table.children.map((row) =>
    row.children.map(({ children }, column) => cellText(plainText(children), column)),
  );
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    widths.map((width, column) => align(row[column] ?? '', width, table.align[column] ?? null)).join('  '),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [lines[0] ?? '', rule, ...lines.slice(1)].map((line) => line.trimEnd()).join('\n');
}

function cellText(text: string, column: number): string {
  const line = clean(text.length > LONGEST ? `${text.slice(0, LONGEST / 2)}${text.slice(-LONGEST / 2)}` : text)
    .replace(/\s+/g, ' ')
    .trim();
  // Of a name or a path the end tells one from the other, and names stand first; of words the beginning.
  return column === 0 || !line.includes(' ') ? cutMiddle(line, MAX_CELL) : cutEnd(line, MAX_CELL);
}

function align(text: string, width: number, to: 'left' | 'right' | 'center' | null): string {
  if (to === 'right') return text.padStart(width);
  if (to === 'center') return text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);
  return text.padEnd(width);
}
