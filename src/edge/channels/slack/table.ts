import { type Block, plainText } from '../../../domain/message.ts';
import { clean } from './text.ts';

/** A wider cell is cut: one long value must not push the others out of sight. */
const MAX_CELL = 60;

/**
 * Aligned columns for a fixed-width font. Of Slack's own table block a message may hold one only
 * (https://docs.slack.dev/reference/block-kit/blocks/table-block); this may stand anywhere, and can be copied.
 */
export function tableText(table: Extract<Block, { type: 'table' }>): string {
  const rows = table.children.map((row) => row.children.map(({ children }) => cellText(plainText(children))));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    widths.map((width, column) => align(row[column] ?? '', width, table.align[column] ?? null)).join('  '),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [lines[0] ?? '', rule, ...lines.slice(1)].map((line) => line.trimEnd()).join('\n');
}

function cellText(text: string): string {
  // Far longer ones are common in logs, and not worth reading to their end.
  const line = clean(text.slice(0, 10 * MAX_CELL))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > MAX_CELL ? `${line.slice(0, MAX_CELL - 1).replace(/[\ud800-\udbff]$/, '')}…` : line;
}

function align(text: string, width: number, to: 'left' | 'right' | 'center' | null): string {
  if (to === 'right') return text.padStart(width);
  if (to === 'center') return text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);
  return text.padEnd(width);
}
