import { type Block, type Inline, type Message, plainText } from '../../../domain/message.ts';
import { MAX_BLOCK_TEXT, MAX_BLOCKS, MAX_HEADER, MAX_MESSAGE_TEXT, MAX_TEXT } from './limits.ts';
import { cutParts, markPart, type Part, partsOf, sizeOf } from './rich-text.ts';
import { clean, cut, escapeText } from './text.ts';

export type SlackBlock =
  | {
      readonly type: 'header';
      readonly text: { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
    }
  | { readonly type: 'rich_text'; readonly elements: readonly Part[] }
  | { readonly type: 'divider' };

/** What is said to Slack: fields of `chat.postMessage`, `chat.update`, webhooks and answers to commands alike. */
export interface SlackMessage {
  /** The notification's text; shown itself only where there are no blocks. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  /** The coloured bar; empty rather than absent, so that an edit takes an old one away. */
  readonly attachments: readonly {
    readonly color: string;
    readonly fallback: string;
    readonly blocks: readonly SlackBlock[];
  }[];
}

const MARKS = { critical: '🔴', warning: '🟠', info: '🔵', resolved: '✅' } as const;
const COLOURS = { critical: '#d0021b', warning: '#f5a623', info: '#2d7ff9', resolved: '#2eb67d' } as const;
type Tone = keyof typeof MARKS;

/** Below this the rest of a message is cut as a whole. */
const MIN_ROOM = 200;

/** The heading on its own, the rest beside a bar in the colour of the severity; what has no severity goes without one. */
export function render(message: Message): SlackMessage {
  const tone = toneOf(message);
  const text = notification(message, tone);
  const blocks = fitted(marked(message, tone));
  const [heading, ...body] = blocks;
  if (tone === null || heading === undefined || body.length === 0) return { text, blocks, attachments: [] };
  return { text, blocks: [heading], attachments: [{ color: COLOURS[tone], fallback: text, blocks: body }] };
}

/** What stands behind the fold, for the thread; null where there is nothing. */
export function renderDetails(message: Message): SlackMessage | null {
  const blocks = fitted(message.details);
  return blocks.length === 0 ? null : { text: escaped(`Details: ${message.title}`), blocks, attachments: [] };
}

/** Body and details in one, for places without a thread. */
export function unfolded(message: Message): Message {
  if (message.details.length === 0) return message;
  return { ...message, body: [...message.body, { type: 'thematicBreak' }, ...message.details], details: [] };
}

/** The same without mark-up and blocks, for when Slack refuses those. */
export function renderPlain(message: Message): SlackMessage {
  const lines = marked(message, toneOf(message)).flatMap(plainLines);
  return { text: escaped(lines.join('\n')), blocks: [], attachments: [] };
}

function toneOf({ severity, resolved }: Message): Tone | null {
  return resolved ? 'resolved' : severity;
}

function notification(message: Message, tone: Tone | null): string {
  const title = message.title.replace(/\s+/g, ' ').trim() || 'Pylon';
  return escaped(tone === null ? title : `${MARKS[tone]} ${title} (${tone})`);
}

/** The body with the mark before its first words. */
function marked({ body, title }: Message, tone: Tone | null): readonly Block[] {
  const mark: Inline[] = tone === null ? [] : [{ type: 'text', value: `${MARKS[tone]} ` }];
  const [first, ...rest] = body;
  if (first?.type === 'heading' || first?.type === 'paragraph') {
    return [{ ...first, children: [...mark, ...first.children] }, ...rest];
  }
  return [
    { type: 'heading', depth: 1, children: [...mark, { type: 'text', value: title.trim() || 'Pylon' }] },
    ...body,
  ];
}

/** As many blocks as Slack takes; what does not fit is cut at its end, and the cut is marked. */
function fitted(blocks: readonly Block[]): SlackBlock[] {
  const out: SlackBlock[] = [];
  let room = MAX_MESSAGE_TEXT;
  for (const [i, block] of blocks.entries()) {
    const parts = partsOf(block);
    if (parts.length === 0 && block.type !== 'thematicBreak') continue;
    if (room < MIN_ROOM || out.length === MAX_BLOCKS - 1) {
      const missing = blocks.slice(i).reduce((sum, left) => sum + sizeOf(partsOf(left)), 0);
      return missing === 0 ? out : [...out, { type: 'rich_text', elements: [markPart(missing)] }];
    }
    const kept = cutParts(parts, Math.min(room, MAX_BLOCK_TEXT));
    room -= sizeOf(kept);
    out.push(
      block.type === 'thematicBreak' ? { type: 'divider' } : (header(block) ?? { type: 'rich_text', elements: kept }),
    );
  }
  return out;
}

/**
 * A title in large letters. Not where it holds `& < >`: whether plain text decodes their entities is not documented,
 * so that only rich text shows them literally for sure.
 */
function header(block: Block): SlackBlock | null {
  if (block.type !== 'heading' || block.depth !== 1) return null;
  const text = clean(plainText(block.children)).replace(/\s+/g, ' ').trim();
  if (text === '' || text.length > MAX_HEADER || /[&<>]/.test(text)) return null;
  return { type: 'header', text: { type: 'plain_text', text, emoji: false } };
}

function plainLines(block: Block): readonly string[] {
  return partsOf(block).flatMap((part) =>
    part.type === 'rich_text_list'
      ? part.elements.map((item) => `${'  '.repeat(part.indent)}• ${sectionText(item)}`)
      : [sectionText(part)],
  );
}

function sectionText({ elements }: { readonly elements: readonly { readonly text: string }[] }): string {
  return elements.map(({ text }) => text).join('');
}

/** Cut before it is escaped, so that no entity is; escaping makes up to five characters of one. */
function escaped(text: string): string {
  const whole = escapeText(cut(clean(text), MAX_TEXT));
  return whole.length <= MAX_TEXT ? whole : escapeText(cut(clean(text), MAX_TEXT / 5));
}
