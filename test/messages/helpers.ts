import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Block, Inline, Message } from '../../src/domain/message.ts';
import { createRenderer, type Renderer, type RendererOptions } from '../../src/messages/renderer.ts';

const TEMPLATES = path.resolve(import.meta.dirname, '../../templates');

/** A renderer over the real templates; a problem with one of them fails the test. */
export function realRenderer(more: Partial<RendererOptions> = {}): Renderer {
  return createRenderer({
    templatesDir: TEMPLATES,
    overrideDir: null,
    timeZone: 'Europe/Berlin',
    readFile: (file) => readFileSync(file, 'utf8'),
    onProblem: (text) => {
      throw new Error(text);
    },
    ...more,
  });
}

/** A renderer over files that exist only here: `/own/x.md` are the built-in ones, `/mine/x.md` the user's. */
export function rendererOf(files: Readonly<Record<string, string>>): { renderer: Renderer; problems: string[] } {
  const problems: string[] = [];
  const renderer = createRenderer({
    templatesDir: '/own',
    overrideDir: '/mine',
    timeZone: 'Europe/Berlin',
    readFile: (file) => {
      const text = files[file];
      if (text === undefined) throw Object.assign(new Error(`no such file: ${file}`), { code: 'ENOENT' });
      return text;
    },
    onProblem: (text) => problems.push(text),
  });
  return { renderer, problems };
}

export function blocksOf(message: Message): readonly Block[] {
  return message.details.length === 0 ? message.body : [...message.body, { type: 'thematicBreak' }, ...message.details];
}

type Node = Block | Inline | { readonly type: string; readonly children: readonly Node[] };

/** The kinds of all nodes, without their text. */
export function skeleton(node: Node | readonly Node[]): unknown {
  if (Array.isArray(node)) return node.map(skeleton);
  const { type, children } = node as { type: string; children?: readonly Node[] };
  return children === undefined ? type : [type, ...children.map(skeleton)];
}

/** The text of every leaf, in order. */
export function texts(node: Node | readonly Node[]): string[] {
  if (Array.isArray(node)) return node.flatMap(texts);
  if ('value' in node) return [node.value];
  return 'children' in node ? texts(node.children as readonly Node[]) : [];
}
