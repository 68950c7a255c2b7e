import { type Block, type Inline, plainText } from '../../../domain/message.ts';
import { textTable } from '../plain-text.ts';
import { oneLine, printable, webLink } from '../text.ts';

/** Invisible; keeps two characters from being read as one mark. */
const APART = '\u200b';

/**
 * Text as Discord shows it literally (https://discord.com/developers/docs/reference#message-formatting).
 * discord.js' escapeMarkdown leaves as they are: quotes, subtext, mentions, timestamps, emoji names, bare
 * addresses, and underscores in what looks like an address. A backslash before the colon keeps an address
 * from becoming a link.
 */
export function literal(text: string): string {
  return printable(text)
    .replace(/[\\*_~`|<[\]]|@(?=everyone|here)|:(?=\/\/|[\w+-]+:)/g, '\\$&')
    .replace(/^(\s*)([-+#>])/gm, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/gm, '$1\\$2');
}

/** Blocks in Discord's Markdown. It has no tables, rules or deep headings: they become text. */
export function markdown(blocks: readonly Block[]): string {
  return blocks.map(blockText).join('\n\n').trim();
}

function blockText(block: Block): string {
  switch (block.type) {
    case 'heading':
      return heading(block.depth, oneLine(inline(block.children)));
    case 'paragraph':
      return inline(block.children);
    case 'code':
      return fenced(block.value, block.lang ?? '');
    case 'list':
      return block.children
        .map((item, index) => {
          const bullet = block.ordered ? `${index + 1}. ` : '- ';
          return hung(bullet, item.children.map(blockText).join('\n'));
        })
        .join('\n');
    case 'blockquote':
      return prefixed('> ', markdown(block.children));
    case 'table':
      return fenced(textTable(block.children, block.align).join('\n'), '');
    case 'thematicBreak':
      return '──────────';
  }
}

function heading(depth: number, text: string): string {
  if (text === '') return '';
  return depth <= 3 ? `${'#'.repeat(depth)} ${text}` : `**${text}**`;
}

function hung(bullet: string, text: string): string {
  return bullet + text.replaceAll('\n', `\n${' '.repeat(bullet.length)}`);
}

function prefixed(prefix: string, text: string): string {
  return text
    .split('\n')
    .map((line) => prefix + line)
    .join('\n');
}

/** Discord knows no longer fence than three: the ones inside are pulled apart. */
function fenced(code: string, lang: string): string {
  const name = /^[a-z0-9+-]{1,20}$/i.test(lang) ? lang : '';
  return `\`\`\`${name}\n${printable(code).replaceAll('``', `\`${APART}\``).replaceAll('``', `\`${APART}\``)}\n\`\`\``;
}

function inline(nodes: readonly Inline[]): string {
  return nodes.map(inlineText).join('');
}

function inlineText(node: Inline): string {
  switch (node.type) {
    case 'text':
      return literal(node.value);
    case 'inlineCode':
      return inlineCode(oneLine(node.value));
    case 'strong':
      return marked('**', inline(node.children));
    case 'emphasis':
      return marked('_', inline(node.children));
    case 'delete':
      return marked('~~', inline(node.children));
    case 'link':
      return link(node.url, plainText(node.children));
    case 'break':
      return '\n';
  }
}

function marked(mark: string, text: string): string {
  return text.trim() === '' ? text : mark + text + mark;
}

function inlineCode(code: string): string {
  if (code === '') return '';
  return code.includes('`') ? `\`\`${APART}${code.replaceAll('`', `\`${APART}`)}\`\`` : `\`${code}\``;
}

function link(url: string, label: string): string {
  const target = webLink(url);
  if (target === null) return literal(`${label} (${url})`);
  // Discord heeds no escape of a bracket inside a label, nor of a parenthesis inside an address.
  const shown = literal(oneLine(label).replaceAll('[', '(').replaceAll(']', ')'));
  return `[${shown}](${target.replaceAll('(', '%28').replaceAll(')', '%29')})`;
}
