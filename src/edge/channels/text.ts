import { stripVTControlCharacters } from 'node:util';
import type { Severity } from '../../domain/alert.ts';
import { type Block, type Message, plainText } from '../../domain/message.ts';
import { createRedactor } from '../../util/redact.ts';

/** Stands where text was left out because the platform takes no more. Plain on every platform. */
export const CUT_MARK = '… (cut)';

/** How a message's severity looks: the same on every channel. The word is there for who sees no colour. */
export interface SeverityLook {
  readonly mark: string;
  readonly word: Severity | 'resolved';
  /** 0xRRGGBB */
  readonly color: number;
}

const LOOKS: Readonly<Record<SeverityLook['word'], SeverityLook>> = {
  critical: { mark: '🔴', word: 'critical', color: 0xd0021b },
  warning: { mark: '🟠', word: 'warning', color: 0xf5a623 },
  info: { mark: '🔵', word: 'info', color: 0x2d7ff9 },
  resolved: { mark: '✅', word: 'resolved', color: 0x2eb67d },
};

/** null for a message that is about no alert. */
export function severityLook(message: Pick<Message, 'severity' | 'resolved'>): SeverityLook | null {
  if (message.resolved) return LOOKS.resolved;
  return message.severity === null ? null : LOOKS[message.severity];
}

/** The text, or as much of it as fits into `max` UTF-16 units with the mark after it. Splits no character in two. */
export function cut(text: string, max: number, mark = CUT_MARK): string {
  if (text.length <= max) return text;
  return text.slice(0, Math.max(0, max - mark.length)).replace(/[\ud800-\udbff]$/, '') + mark;
}

/**
 * Text that is safe to show anywhere: terminal sequences and control characters are gone (newline and
 * tab stay), as are the marks that turn the direction of text around, and what is not Unicode is U+FFFD.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?/g, '\n')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Printable, and on one line: fit for a title, a header or a log field. */
export function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}

/** The address when a click on it may be offered: http and https only. Otherwise null, and it is shown as text. */
export function webLink(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? href : null;
}

/**
 * A message's headline with its mark, and what is left to show below. null where the body opens with
 * the same words as a paragraph, or with more of them: an answer needs no headline.
 */
export function headline(message: Message): { readonly headline: string | null; readonly body: readonly Block[] } {
  const title = oneLine(message.title);
  const [first, ...rest] = message.body;
  const opening = first?.type === 'heading' || first?.type === 'paragraph' ? oneLine(plainText(first.children)) : null;
  const opensWithTitle = opening === title;
  const mark = severityLook(message)?.mark;
  if (first?.type === 'paragraph' && mark === undefined && (opensWithTitle || isStartOf(title, opening ?? ''))) {
    return { headline: null, body: message.body };
  }
  return {
    headline: mark === undefined ? title : `${mark} ${title}`,
    body: opensWithTitle ? rest : message.body,
  };
}

/** Whether the title is what was left of a text that was too long for one. */
function isStartOf(title: string, text: string): boolean {
  return title.endsWith('…') && text.startsWith(title.slice(0, -1).trimEnd());
}

/** Longer reasons are of no use in a log line. */
const LONGEST_REASON = 300;

/** Why something failed, on one line and without the secrets. */
export function reasonOf(error: unknown, secrets: readonly string[]): string {
  const reason = error instanceof Error ? error.message : String(error);
  return cut(oneLine(createRedactor(secrets, [])(reason)), LONGEST_REASON);
}
