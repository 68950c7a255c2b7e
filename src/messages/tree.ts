import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import type { Block, Inline, ListItem, TableRow } from '../domain/message.ts';
import type { Marked } from './engine.ts';
import { fillLine, fillLines, hasMark } from './values.ts';

type Node = ReturnType<typeof fromMarkdown>['children'][number];
type NodeOf<Type extends Node['type']> = Extract<Node, { type: Type }>;
type Phrasing = NodeOf<'paragraph'>['children'][number];

/** The extensions without their transforms, which would make links of text that was escaped. */
const MDAST_EXTENSIONS = gfmFromMarkdown().map(({ transforms: _, ...extension }) => extension);

/** The blocks that the Markdown says, with the values in their places. What messages do not use becomes its text. */
export function readTree(marked: Marked): Block[] {
  const root = fromMarkdown(marked.markdown, { extensions: [gfm()], mdastExtensions: MDAST_EXTENSIONS });
  return readBlocks(root.children, marked);
}

function readBlocks(nodes: readonly Node[], marked: Marked): Block[] {
  return nodes.flatMap((node) => readBlock(node, marked));
}

function readBlock(node: Node, marked: Marked): Block[] {
  switch (node.type) {
    case 'heading': {
      const children = readInlines(node.children, marked);
      return children.length === 0 ? [] : [{ type: 'heading', depth: node.depth, children }];
    }
    case 'paragraph':
      return paragraph(readInlines(node.children, marked));
    case 'list':
      return [
        { type: 'list', ordered: node.ordered === true, children: node.children.map((i) => readItem(i, marked)) },
      ];
    case 'code':
      return [{ type: 'code', lang: language(node.lang), value: fillLines(node.value, marked.values) }];
    case 'blockquote':
      return [{ type: 'blockquote', children: readBlocks(node.children, marked) }];
    case 'table':
      return [{ type: 'table', align: node.align ?? [], children: node.children.map((row) => readRow(row, marked)) }];
    case 'thematicBreak':
      return [{ type: 'thematicBreak' }];
    default:
      return paragraph(textOf(sourceOf(node, marked), marked));
  }
}

function readItem(node: NodeOf<'listItem'>, marked: Marked): ListItem {
  return { type: 'listItem', children: readBlocks(node.children, marked) };
}

function readRow(node: NodeOf<'tableRow'>, marked: Marked): TableRow {
  return {
    type: 'tableRow',
    children: node.children.map((cell) => ({
      type: 'tableCell',
      children: trimEdges(readInlines(cell.children, marked)),
    })),
  };
}

function readInlines(nodes: readonly Phrasing[], marked: Marked): Inline[] {
  return joinText(nodes.flatMap((node) => readInline(node, marked)));
}

function readInline(node: Phrasing, marked: Marked): Inline[] {
  switch (node.type) {
    case 'text':
      return textOf(node.value, marked);
    case 'inlineCode': {
      const value = fillLine(node.value, marked.values);
      return value === '' ? [] : [{ type: 'inlineCode', value }];
    }
    case 'strong':
    case 'emphasis':
    case 'delete': {
      const children = readInlines(node.children, marked);
      return children.length === 0 ? [] : [{ type: node.type, children }];
    }
    case 'link': {
      const children = readInlines(node.children, marked);
      return isOurLink(node.url) && children.length > 0 ? [{ type: 'link', url: node.url, children }] : children;
    }
    case 'break':
      return [{ type: 'break' }];
    case 'image':
      return textOf(node.alt ?? '', marked);
    default:
      return textOf(sourceOf(node, marked), marked);
  }
}

/** An address that the template itself wrote out; one that holds a value is not. */
function isOurLink(url: string): boolean {
  return /^https?:\/\//i.test(url) && !hasMark(url);
}

function language(lang: string | null | undefined): string | null {
  return lang === undefined || lang === null || hasMark(lang) ? null : lang;
}

function sourceOf(node: Node, marked: Marked): string {
  return marked.markdown.slice(node.position?.start.offset, node.position?.end.offset);
}

function textOf(text: string, marked: Marked): Inline[] {
  const value = fillLine(text, marked.values);
  return value === '' ? [] : [{ type: 'text', value }];
}

function paragraph(children: readonly Inline[]): Block[] {
  return children.length === 0 ? [] : [{ type: 'paragraph', children }];
}

function joinText(nodes: readonly Inline[]): Inline[] {
  const joined: Inline[] = [];
  for (const node of nodes) {
    const last = joined.at(-1);
    if (node.type === 'text' && last?.type === 'text')
      joined[joined.length - 1] = { type: 'text', value: last.value + node.value };
    else joined.push(node);
  }
  return joined;
}

/** Spaces at the edges of a cell mean nothing, and Markdown has no way to keep them. */
function trimEdges(nodes: readonly Inline[]): Inline[] {
  const last = nodes.length - 1;
  return nodes.flatMap((node, index) => {
    if (node.type !== 'text' || (index > 0 && index < last)) return [node];
    const start = index === 0 ? node.value.trimStart() : node.value;
    const value = index === last ? start.trimEnd() : start;
    return value === '' ? [] : [{ type: 'text', value }];
  });
}
