import { gfmToMarkdown } from 'mdast-util-gfm';
import { type Info, type Options, type State, toMarkdown } from 'mdast-util-to-markdown';
import type { Block } from '../domain/message.ts';

type Node = Extract<Parameters<typeof toMarkdown>[0], { type: 'root' }>['children'][number];
type NodeOf<Type extends Node['type']> = Extract<Node, { type: Type }>;

const STYLE: Options = {
  extensions: [gfmToMarkdown()],
  // Whatever follows it, `www.` may begin a link.
  unsafe: [{ character: '.', before: '[Ww]{3}', inConstruct: 'phrasing' }],
  handlers: { text: writeText },
  bullet: '-',
  listItemIndent: 'one',
  rule: '-',
};

/** The blocks as Markdown in which all their text stays literal; reads back to the same blocks. */
export function writeMarkdown(blocks: readonly Block[]): string {
  return toMarkdown({ type: 'root', children: blocks.map(toMdast) }, STYLE);
}

/** A dot behind any w is escaped for the same reason; file names such as `view.py` shall read as they are. */
const NEEDLESS_ESCAPE = /(?<=w)(?<!www)\\\.(?=\w)/gi;

function writeText(node: NodeOf<'text'>, _: unknown, state: State, info: Info): string {
  return state.safe(node.value, info).replace(NEEDLESS_ESCAPE, '.');
}

/** The nodes are mdast but for its own fields, of which `spread` (blank lines between items) is wanted false. */
function toMdast(block: Block): Node {
  if (block.type === 'list') {
    return {
      type: 'list',
      ordered: block.ordered,
      spread: false,
      children: block.children.map((item) => ({
        type: 'listItem',
        spread: false,
        children: item.children.map(toMdast) as NodeOf<'listItem'>['children'],
      })),
    };
  }
  if (block.type === 'blockquote') {
    return { type: 'blockquote', children: block.children.map(toMdast) as NodeOf<'blockquote'>['children'] };
  }
  return block as Node;
}
