import type { Block, Inline, ListItem, TableRow } from '../../domain/message.ts';
import { CUT_MARK, cut } from './text.ts';

type Node = Block | Inline | ListItem | TableRow | TableRow['children'][number];

/** What is left to spend while a tree is walked. */
interface Budget {
  left: number;
}

/** The UTF-16 units of a node's own text. What has neither text nor children costs one, so that it ends too. */
function costOf(node: Node): number {
  if ('value' in node) return Math.max(1, node.value.length);
  return 'children' in node && node.children.length > 0 ? 0 : 1;
}

function cost(nodes: readonly Node[]): number {
  let sum = 0;
  for (const node of nodes) sum += costOf(node) + ('children' in node ? cost(node.children) : 0);
  return sum;
}

function cutNodes<T extends Node>(nodes: readonly T[], budget: Budget): T[] {
  const kept: T[] = [];
  for (const node of nodes) {
    if (budget.left <= 0) break;
    kept.push(cutNode(node, budget));
  }
  return kept;
}

function cutNode<T extends Node>(node: T, budget: Budget): T {
  const left = budget.left;
  budget.left -= costOf(node);
  if ('value' in node) return { ...node, value: cut(node.value, left, '') };
  return 'children' in node ? { ...node, children: cutNodes<Node>(node.children, budget) } : node;
}

const MARK: Block = { type: 'paragraph', children: [{ type: 'text', value: CUT_MARK }] };

/**
 * The blocks, or as many of them as come to `max` by `size`, with the cut mark after them. Cutting the
 * tree and not what was made of it leaves no fence, tag or escape half open.
 */
export function fitBlocks(
  blocks: readonly Block[],
  max: number,
  size: (blocks: readonly Block[]) => number,
): readonly Block[] {
  if (size(blocks) <= max) return blocks;
  const upTo = (budget: number): readonly Block[] => [...cutNodes(blocks, { left: budget }), MARK];
  // What is shown of a text is never shorter than the text, so the answer lies below `max`.
  let fits = 0;
  let tooMuch = Math.min(cost(blocks), max) + 1;
  while (tooMuch - fits > 1) {
    const middle = Math.floor((fits + tooMuch) / 2);
    if (size(upTo(middle)) <= max) fits = middle;
    else tooMuch = middle;
  }
  return upTo(fits);
}
