import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { formatKey, type Path } from './problem.ts';

/** The plain value of a YAML file, and where in it each value stands. */
export interface YamlFile {
  readonly value: unknown;
  readonly problems: readonly { readonly line: number; readonly key: string; readonly message: string }[];
  /** Whether the problems leave the value as the user meant it. */
  readonly usable: boolean;
  /** The line, from 1, of the key or list entry at the path, or of the nearest one around it that is there. */
  lineOf(path: Path): number;
}

/** Never throws. Anchors and aliases are refused: they can be circular, and nothing here needs them. */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const aliases = offsetsOfAliases(document);
  const broken = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  const problems = [
    ...document.errors
      .filter(({ code }) => code === 'DUPLICATE_KEY')
      .map(({ pos }) => ({ line: lineAt(pos[0]), key: keyAt(document, pos[0]), message: 'given twice' })),
    ...aliases.map((offset) => ({
      line: lineAt(offset),
      key: '',
      message: 'aliases (*name) are not supported; write the value out',
    })),
    // What follows the first syntax error is a guess.
    ...(broken === undefined ? [] : [{ line: lineAt(broken.pos[0]), key: '', message: syntaxMessage(broken) }]),
  ];
  const usable = aliases.length === 0 && broken === undefined;
  return {
    value: usable ? document.toJS() : undefined,
    problems,
    usable,
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

/** Without the piece of the file that the parser quotes: it may be a secret. */
function syntaxMessage({ message }: Error): string {
  return `not valid YAML: ${message.replace(/: ".*/s, '')}`;
}

function offsetsOfAliases(document: Document): number[] {
  const offsets: number[] = [];
  if (document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return offsets;
  visit(document, {
    Alias(_, node) {
      offsets.push(node.range?.[0] ?? 0);
    },
  });
  return offsets;
}

/** The whole key whose text begins at the offset. */
function keyAt(document: Document, offset: number): string {
  let found = '';
  visit(document, {
    Pair(_, pair, ancestors) {
      const { key } = pair;
      if (!isScalar(key) || key.range?.[0] !== offset) return undefined;
      const around = ancestors.map((ancestor, i) => stepInto(ancestor, ancestors[i + 1]));
      found = formatKey([...around.filter((step) => step !== null), String(key.value)]);
      return visit.BREAK;
    },
  });
  return found;
}

function stepInto(ancestor: unknown, child: unknown): string | number | null {
  if (isSeq(ancestor)) return ancestor.items.indexOf(child);
  const key = (ancestor as { key?: unknown }).key;
  return isScalar(key) ? String(key.value) : null;
}

function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
