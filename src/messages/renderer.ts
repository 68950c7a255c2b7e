import type { Content } from '../domain/delivery.ts';
import { type Block, type Inline, type Message, plainText } from '../domain/message.ts';
import { cleanData, clipText, oneLine } from './clean.ts';
import { createEngine, TemplateError } from './engine.ts';
import { writeMarkdown } from './markdown.ts';
import { createTemplates, type TemplateFile, type TemplateFolders } from './templates.ts';
import { readTree } from './tree.ts';

export interface Renderer {
  render(content: Content): Message;
  /** The whole message as one Markdown text, nothing cut. */
  markdown(content: Content): string;
}

export interface RendererOptions extends TemplateFolders {
  /** IANA name; times are shown in it. */
  readonly timeZone: string;
  /** Told of each template file that cannot be used, once, as `file:line:column: reason`. */
  readonly onProblem: (text: string) => void;
}

/** What fits a mail subject and a phone's notification. */
const TITLE_LENGTH = 150;

/**
 * Words for contents. A template of the user's that fails is replaced by ours, and when that fails
 * too, the data are shown as they are: no message is lost for a bad template. Never throws.
 */
export function createRenderer(options: RendererOptions): Renderer {
  const engine = createEngine(options.timeZone);
  const report = reportOnce(options.onProblem);
  const templatesOf = createTemplates(engine, options, report);

  function blocksOf(content: Content): Block[] {
    for (const candidate of templatesOf(content.template)) {
      const blocks = tryTemplate(candidate, content);
      if (blocks !== null) return blocks;
    }
    return withoutTemplate(content);
  }

  function tryTemplate({ file, template }: TemplateFile, content: Content): Block[] | null {
    try {
      const blocks = readTree(template(content.data));
      if (blocks.some((block) => block.type !== 'thematicBreak')) return blocks;
      report(`${file}:1:1: it says nothing`);
    } catch (error) {
      report(error instanceof TemplateError ? error.message : `${file}: ${error}`);
    }
    return null;
  }

  return {
    render: (content) => toMessage(content, blocksOf(content)),
    markdown: (content) => writeMarkdown(blocksOf(content)),
  };
}

function reportOnce(onProblem: (text: string) => void): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (told.has(text)) return;
    told.add(text);
    onProblem(text);
  };
}

function toMessage(content: Content, blocks: readonly Block[]): Message {
  const fold = blocks.findIndex((block) => block.type === 'thematicBreak');
  return {
    kind: content.kind,
    severity: content.severity,
    resolved: content.resolved,
    title: titleOf(blocks) ?? content.template,
    body: fold < 0 ? blocks : blocks.slice(0, fold),
    details: fold < 0 ? [] : blocks.slice(fold + 1),
    alertIds: alertIdsOf(content.data),
  };
}

function titleOf(blocks: readonly Block[]): string | null {
  const first = blocks.find((block) => block.type === 'heading') ?? blocks.find((block) => block.type === 'paragraph');
  if (first === undefined) return null;
  return clipText(oneLine(plainText(first.children)).trim(), TITLE_LENGTH) || null;
}

function alertIdsOf(data: Content['data']): string[] {
  if (!Array.isArray(data.alerts)) return [];
  return data.alerts.map((alert) => alert?.id).filter((id) => typeof id === 'string');
}

/** The bare data, for when there is no template to word them. */
function withoutTemplate({ template, severity, resolved, data }: Content): Block[] {
  const heading: Inline = {
    type: 'text',
    value: [resolved ? 'Resolved' : null, severity, template].filter((word) => word !== null).join(' '),
  };
  return [
    { type: 'heading', depth: 1, children: [heading] },
    {
      type: 'paragraph',
      children: [{ type: 'text', value: 'The template of this message is broken. What it tells of:' }],
    },
    { type: 'code', lang: 'json', value: JSON.stringify(cleanData(data), null, 2) },
  ];
}
