import type { Severity } from './alert.ts';

/*
 * The part of Markdown that messages use: a subset of mdast (https://github.com/syntax-tree/mdast)
 * with the same node names, so that its tools read it. Every channel walks it exhaustively. All text
 * in it is literal: a channel escapes it for its platform and never interprets it.
 */
export type Inline =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'inlineCode'; readonly value: string }
  | { readonly type: 'strong'; readonly children: readonly Inline[] }
  | { readonly type: 'emphasis'; readonly children: readonly Inline[] }
  | { readonly type: 'delete'; readonly children: readonly Inline[] }
  | { readonly type: 'link'; readonly url: string; readonly children: readonly Inline[] }
  | { readonly type: 'break' };

export interface ListItem {
  readonly type: 'listItem';
  readonly children: readonly Block[];
}

export interface TableRow {
  readonly type: 'tableRow';
  readonly children: readonly { readonly type: 'tableCell'; readonly children: readonly Inline[] }[];
}

export type Block =
  | { readonly type: 'heading'; readonly depth: 1 | 2 | 3 | 4 | 5 | 6; readonly children: readonly Inline[] }
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'list'; readonly ordered: boolean; readonly children: readonly ListItem[] }
  | { readonly type: 'code'; readonly lang?: string | null; readonly value: string }
  | { readonly type: 'blockquote'; readonly children: readonly Block[] }
  | {
      readonly type: 'table';
      readonly align: readonly ('left' | 'right' | 'center' | null)[];
      readonly children: readonly TableRow[];
    }
  | { readonly type: 'thematicBreak' };

/** One text for every platform. */
export interface Message {
  readonly kind: 'alert' | 'notice' | 'digest' | 'answer';
  readonly severity: Severity | null;
  readonly resolved: boolean;
  /** One plain line: notification text, mail subject. The text of the first heading, else of the first paragraph. */
  readonly title: string;
  /** What everyone sees, the heading included. */
  readonly body: readonly Block[];
  /** What stands behind the template's `---`: thread in chat, below the fold in mail, inline in a terminal. */
  readonly details: readonly Block[];
  /** Ids of the alerts it tells of. */
  readonly alertIds: readonly string[];
}

/** The text of inline nodes without any marks. */
export function plainText(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '\n';
      return 'children' in node ? plainText(node.children) : node.value;
    })
    .join('');
}
