import type { Block, Inline } from '../../../domain/message.ts';
import { plainText } from '../../../domain/message.ts';
import { MAX_INDENT, MAX_URL } from './limits.ts';
import { tableText } from './table.ts';
import { clean, cutMark, headOf } from './text.ts';

/*
 * Everything is shown as `rich_text`, not as mrkdwn: in mrkdwn there is no way to keep `*`, `_` and `:smile:` of a value
 * literal short of hiding characters in it, which would break names that people copy. A text element of rich text is
 * never parsed: no mark-up, no mention, no link.
 * https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
export interface Style {
  readonly bold?: true;
  readonly italic?: true;
  readonly strike?: true;
  readonly code?: true;
}

export type Element =
  | { readonly type: 'text'; readonly text: string; readonly style?: Style }
  | { readonly type: 'link'; readonly url: string; readonly text: string; readonly style?: Style };

export interface Section {
  readonly type: 'rich_text_section';
  readonly elements: readonly Element[];
}

export type Part =
  | Section
  | { readonly type: 'rich_text_quote' | 'rich_text_preformatted'; readonly elements: readonly Element[] }
  | {
      readonly type: 'rich_text_list';
      readonly style: 'bullet' | 'ordered';
      readonly indent: number;
      /** How many items of an ordered list came before, in a part above a nested list. */
      readonly offset: number;
      readonly elements: readonly Section[];
    };

/** Room that `cutParts` leaves for its mark. */
const MARK_ROOM = 40;

/** Rich text of one block of the tree; nothing where it has no text. */
export function partsOf(block: Block): readonly Part[] {
  switch (block.type) {
    case 'heading':
      return withText({ type: 'rich_text_section', elements: inlines(block.children, { bold: true }) });
    case 'paragraph':
      return withText({ type: 'rich_text_section', elements: inlines(block.children, {}) });
    case 'code':
      return withText({ type: 'rich_text_preformatted', elements: literal(block.value, {}) });
    case 'table':
      return withText({ type: 'rich_text_preformatted', elements: literal(tableText(block), {}) });
    case 'blockquote':
      return withText({ type: 'rich_text_quote', elements: flat(block.children) });
    case 'list':
      return listParts(block, 0);
    case 'thematicBreak':
      return [];
  }
}

/** Characters of text. */
export function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + elementsOf(part).reduce((inner, { text }) => inner + text.length, 0), 0);
}

/** At most `max` characters: cut at a line or word, what follows dropped, and the cut marked. */
export function cutParts(parts: readonly Part[], max: number): readonly Part[] {
  const total = sizeOf(parts);
  if (total <= max) return parts;
  let room = Math.max(0, max - MARK_ROOM);
  function take(elements: readonly Element[]): Element[] {
    return elements.flatMap((element) => {
      const text = headOf(element.text, room);
      room = text.length < element.text.length ? 0 : room - text.length;
      return text === '' ? [] : [{ ...element, text }];
    });
  }
  const kept = parts
    .map((part): Part => {
      if (part.type !== 'rich_text_list') return { ...part, elements: take(part.elements) };
      const sections = part.elements.map((section) => ({ ...section, elements: take(section.elements) }));
      return { ...part, elements: sections.filter(({ elements }) => elements.length > 0) };
    })
    .filter(({ elements }) => elements.length > 0);
  return [...kept, markPart(total - sizeOf(kept))];
}

/** The mark of a cut, on a line of its own. */
export function markPart(missing: number): Part {
  return {
    type: 'rich_text_section',
    elements: [{ type: 'text', text: cutMark(missing), style: { italic: true } }],
  };
}

function elementsOf(part: Part): readonly Element[] {
  return part.type === 'rich_text_list' ? part.elements.flatMap(({ elements }) => elements) : part.elements;
}

function withText(part: Part): readonly Part[] {
  return part.elements.length === 0 ? [] : [part];
}

function listParts(list: Extract<Block, { type: 'list' }>, depth: number): readonly Part[] {
  const parts: Part[] = [];
  let sections: Section[] = [];
  let offset = 0;
  function flush(): void {
    if (sections.length === 0) return;
    const style = list.ordered ? 'ordered' : 'bullet';
    parts.push({ type: 'rich_text_list', style, indent: Math.min(depth, MAX_INDENT), offset, elements: sections });
    offset += sections.length;
    sections = [];
  }
  for (const item of list.children) {
    const own = flat(item.children.filter(({ type }) => type !== 'list'));
    sections.push({ type: 'rich_text_section', elements: own.length > 0 ? own : literal(' ', {}) });
    for (const child of item.children) {
      if (child.type !== 'list') continue;
      flush();
      parts.push(...listParts(child, depth + 1));
    }
  }
  flush();
  return parts;
}

/** Where Slack allows no blocks inside: their text, line below line. */
function flat(blocks: readonly Block[]): readonly Element[] {
  const lines = blocks.map((block) => partsOf(block).flatMap(elementsOf)).filter((line) => line.length > 0);
  return lines.flatMap((line, i) => (i === 0 ? line : [...literal('\n', {}), ...line]));
}

function inlines(nodes: readonly Inline[], style: Style): readonly Element[] {
  return nodes.flatMap((node) => inline(node, style));
}

function inline(node: Inline, style: Style): readonly Element[] {
  switch (node.type) {
    case 'text':
      return literal(node.value, style);
    case 'inlineCode':
      return literal(node.value, { ...style, code: true });
    case 'strong':
      return inlines(node.children, { ...style, bold: true });
    case 'emphasis':
      return inlines(node.children, { ...style, italic: true });
    case 'delete':
      return inlines(node.children, { ...style, strike: true });
    case 'break':
      return literal('\n', style);
    case 'link':
      return link(node.url, clean(plainText(node.children)), style);
  }
}

function link(url: string, label: string, style: Style): readonly Element[] {
  const text = label.trim() === '' ? clean(url) : label;
  if (!isWebAddress(url)) return literal(text === clean(url) ? text : `${text} (${url})`, style);
  return [{ type: 'link', url, text, ...styled(style) }];
}

function isWebAddress(url: string): boolean {
  return url.length <= MAX_URL && /^https?:\/\/[^\s<>|]+$/i.test(url) && URL.canParse(url);
}

/**
 * Text elements that show just this text. What would be a mention or link in mrkdwn never stands whole in one of them,
 * so that nothing that reads messages as mrkdwn (an export, a bridge) finds one either.
 */
function literal(text: string, style: Style): readonly Element[] {
  return clean(text)
    .split(/(?<=<)(?=[!@#]|[a-z]+:)/i)
    .filter((piece) => piece !== '')
    .map((piece): Element => ({ type: 'text', text: piece, ...styled(style) }));
}

function styled(style: Style): { style?: Style } {
  return Object.keys(style).length > 0 ? { style } : {};
}
