import { stripVTControlCharacters } from 'node:util';
import { createColors } from 'picocolors';
import { type Block, type Inline, type Message, plainText } from '../../domain/message.ts';
import { headline, oneLine, printable } from './text.ts';
import { type Colors, textTable } from './text-table.ts';
import { columnsOf } from './text-width.ts';

export { textTable } from './text-table.ts';

export interface TextStyle {
  /** ANSI colours and weights; without them the text is plain. */
  readonly color: boolean;
  /** Columns at which lines are wrapped. Code and long words are left whole. */
  readonly width: number;
  /** Columns of a screen, into which tables are made to fit; where there is none they are whole. */
  readonly screen?: number;
}

type Paint = (text: string) => string;

interface Context {
  readonly colors: Colors;
  readonly width: number;
  readonly tableWidth: number;
}

/** A message as text for people to read: on a terminal, and in a mail that is not shown as HTML. */
export function renderText(message: Message, style: TextStyle): string {
  const { color, width, screen = Number.POSITIVE_INFINITY } = style;
  const context = { colors: createColors(color), width, tableWidth: screen };
  const { headline: title, body } = headline(message);
  const lines = title === null ? [] : wrap(eachWord(title, context.colors.bold), context.width);
  for (const part of [body, message.details]) {
    if (lines.length > 0 && part.length > 0) lines.push('');
    lines.push(...blockLines(part, context));
  }
  return `${lines.join('\n')}\n`;
}

function blockLines(blocks: readonly Block[], context: Context): string[] {
  return blocks.flatMap((block, index) => [...(index > 0 ? [''] : []), ...linesOf(block, context)]);
}

function linesOf(block: Block, context: Context): string[] {
  const { colors, width } = context;
  switch (block.type) {
    case 'heading':
      return wrap(inline(block.children, colors.bold, colors), width);
    case 'paragraph':
      return wrap(inline(block.children, asIs, colors), width);
    case 'code':
      return printable(block.value)
        .split('\n')
        .map((line) => `    ${colors.dim(line)}`);
    case 'list':
      return block.children.flatMap((item, index) => {
        const bullet = block.ordered ? `${index + 1}. ` : '• ';
        const lines = item.children.flatMap((child) => linesOf(child, narrowed(context, bullet.length)));
        return prefixed(lines, bullet, ' '.repeat(bullet.length));
      });
    case 'blockquote':
      return prefixed(blockLines(block.children, narrowed(context, 2)), '│ ', '│ ');
    case 'table':
      return textTable(block.children, block.align, { colors, width: context.tableWidth });
    case 'thematicBreak':
      return ['─'.repeat(Math.min(width, 40))];
  }
}

const asIs: Paint = (text) => text;

function narrowed(context: Context, by: number): Context {
  return { ...context, width: Math.max(20, context.width - by), tableWidth: Math.max(20, context.tableWidth - by) };
}

function prefixed(lines: readonly string[], first: string, others: string): string[] {
  return (lines.length === 0 ? [''] : lines).map((line, index) => (index === 0 ? first : others) + line);
}

function inline(nodes: readonly Inline[], paint: Paint, colors: Colors): string {
  return nodes.map((node) => inlineNode(node, paint, colors)).join('');
}

function inlineNode(node: Inline, paint: Paint, colors: Colors): string {
  switch (node.type) {
    case 'text':
      return eachWord(node.value, paint);
    case 'inlineCode':
      return eachWord(node.value, (text) => paint(colors.cyan(text)));
    case 'strong':
      return inline(node.children, (text) => paint(colors.bold(text)), colors);
    case 'emphasis':
      return inline(node.children, (text) => paint(colors.italic(text)), colors);
    case 'delete':
      return inline(node.children, (text) => paint(colors.strikethrough(text)), colors);
    case 'link': {
      const label = inline(node.children, (text) => paint(colors.underline(text)), colors);
      const url = oneLine(node.url);
      return oneLine(plainText(node.children)) === url ? label : `${label} (${url})`;
    }
    case 'break':
      return '\n';
  }
}

/** Painted word by word, so that no colour runs on where a line is wrapped. */
function eachWord(text: string, paint: Paint): string {
  return printable(text).replace(/\S+/g, (word) => paint(word));
}

function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  let columns = 0;
  for (const word of line.match(/\s*\S+/g) ?? []) {
    const wide = columnsOf(stripVTControlCharacters(word));
    if (columns > 0 && columns + wide > width) {
      lines.push(current);
      current = word.trimStart();
      columns = columnsOf(stripVTControlCharacters(current));
    } else {
      current += word;
      columns += wide;
    }
  }
  return [...lines, current];
}
