/** The part of a syntax node of @lezer/python that is used. */
export interface Node {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly firstChild: Node | null;
  readonly nextSibling: Node | null;
}

export interface Source {
  readonly text: string;
  /** Module-level names that hold a number. */
  readonly numbers: Map<string, number>;
}

const MAX_DEPTH = 20;

/** Children without comments. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment') children.push(child);
  }
  return children;
}

/** Groups of siblings between separators of the given name; an empty last group is left out. */
export function splitAt(nodes: readonly Node[], separator: string): Node[][] {
  const groups: Node[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) groups.push([]);
    else groups.at(-1)?.push(node);
  }
  if (groups.at(-1)?.length === 0) groups.pop();
  return groups;
}

/** The text of a plain string literal without escapes; null for anything else. */
export function keyOf(node: Node, { text }: Source): string | null {
  if (node.name !== 'String') return null;
  const match = /^[ru]?(['"])([^'"\\\n]*)\1$/i.exec(text.slice(node.from, node.to));
  return match?.[2] ?? null;
}

/** The value of a number, of a name that holds one, and of + - * // on those; null for anything else. */
export function numberOf(node: Node, source: Source, depth = 0): number | null {
  if (depth > MAX_DEPTH) return null;
  const text = source.text.slice(node.from, node.to);
  const parts = childrenOf(node);
  const part = (index: number): number | null => {
    const child = parts[index];
    return child === undefined ? null : numberOf(child, source, depth + 1);
  };
  switch (node.name) {
    case 'Number':
      return parseNumber(text);
    case 'VariableName':
      return source.numbers.get(text) ?? null;
    case 'ParenthesizedExpression':
      return parts.length === 3 ? part(1) : null;
    case 'UnaryExpression': {
      const value = part(1);
      return value !== null && text.startsWith('-') ? -value : value;
    }
    case 'BinaryExpression': {
      const operator = parts[1];
      const [left, right] = [part(0), part(2)];
      if (operator === undefined || left === null || right === null) return null;
      return combine(left, source.text.slice(operator.from, operator.to), right);
    }
    default:
      return null;
  }
}

function parseNumber(text: string): number | null {
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : null;
}

function combine(left: number, operator: string, right: number): number | null {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  if (operator === '//' && right !== 0) return Math.floor(left / right);
  return null;
}
