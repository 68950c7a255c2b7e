import { type Block, type Inline, type Message, plainText, type TableRow } from '../../../domain/message.ts';
import { fitBlocks } from '../fit.ts';
import { headline, oneLine, printable, severityLook, webLink } from '../text.ts';

/** Gmail hides what is beyond 102 KB. */
export const MAX_HTML_BYTES = 100_000;

/** Where the message is about no alert. */
const NEUTRAL_COLOR = 0x667085;

/**
 * A message as a whole HTML page. The frame is trusted HTML with the places `{{ title }}`, `{{ color }}`,
 * `{{ body }}` and `{{ details }}`; what is put there is escaped. Nothing is loaded from elsewhere.
 */
export function renderHtml(message: Message, frame: string): string {
  const { headline: title, body } = headline(message);
  const top = title === null ? '' : `<h1>${escaped(title)}</h1>\n`;
  const bodyHtml = top + fitted(body, MAX_HTML_BYTES - size(frame) - size(top));
  const detailsHtml = fitted(message.details, MAX_HTML_BYTES - size(frame) - size(bodyHtml));
  const places = new Map([
    ['title', escaped(oneLine(message.title))],
    ['color', `#${(severityLook(message)?.color ?? NEUTRAL_COLOR).toString(16).padStart(6, '0')}`],
    ['body', bodyHtml],
    ['details', detailsHtml],
  ]);
  return frame.replace(/\{\{\s*([a-z]+)\s*\}\}/g, (whole, name: string) => places.get(name) ?? whole);
}

function fitted(blocks: readonly Block[], max: number): string {
  return htmlOf(fitBlocks(blocks, max, (some) => size(htmlOf(some))));
}

function size(html: string): number {
  return Buffer.byteLength(html);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function htmlOf(blocks: readonly Block[]): string {
  return blocks.map(blockHtml).join('\n');
}

function blockHtml(block: Block): string {
  switch (block.type) {
    case 'heading':
      return tag(`h${block.depth}`, inline(block.children));
    case 'paragraph':
      return tag('p', inline(block.children));
    case 'code':
      return tag('pre', escaped(block.value));
    case 'list':
      return tag(
        block.ordered ? 'ol' : 'ul',
        block.children.map((item) => tag('li', htmlOf(item.children))).join('\n'),
      );
    case 'blockquote':
      return tag('blockquote', htmlOf(block.children));
    case 'table':
      return tag('table', block.children.map((row, index) => rowHtml(row, block.align, index === 0)).join('\n'));
    case 'thematicBreak':
      return '<hr>';
  }
}

function rowHtml(row: TableRow, align: readonly (string | null)[], isHeader: boolean): string {
  const name = isHeader ? 'th' : 'td';
  const cells = row.children.map((cell, column) => {
    return `<${name} style="text-align:${align[column] ?? 'left'}">${inline(cell.children)}</${name}>`;
  });
  return tag('tr', cells.join(''));
}

function inline(nodes: readonly Inline[]): string {
  return nodes.map(inlineHtml).join('');
}

function inlineHtml(node: Inline): string {
  switch (node.type) {
    case 'text':
      return escaped(node.value);
    case 'inlineCode':
      return tag('code', escaped(node.value));
    case 'strong':
      return tag('strong', inline(node.children));
    case 'emphasis':
      return tag('em', inline(node.children));
    case 'delete':
      return tag('del', inline(node.children));
    case 'link': {
      const target = webLink(node.url);
      if (target === null) return escaped(`${plainText(node.children)} (${node.url})`);
      return `<a href="${escaped(target)}">${inline(node.children)}</a>`;
    }
    case 'break':
      return '<br>';
  }
}

function tag(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
