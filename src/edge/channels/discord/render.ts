import type { Message } from '../../../domain/message.ts';
import { fitBlocks } from '../fit.ts';
import { cut, headline, severityLook } from '../text.ts';
import { literal, markdown } from './markdown.ts';

/** In characters (https://discord.com/developers/docs/resources/message#embed-object-embed-limits). */
export const LIMITS = { title: 256, description: 4096, allEmbeds: 6000 } as const;

export interface Embed {
  readonly title?: string;
  readonly description?: string;
  /** 0xRRGGBB */
  readonly color?: number;
}

/**
 * A message as one embed, and its details as a second. An embed pings nobody and shows no preview of a
 * link, and it has twice the room of plain content.
 */
export function renderEmbeds(message: Message): Embed[] {
  const { headline: title, body } = headline(message);
  const color = severityLook(message)?.color;
  // A cut may fall behind a backslash; it then escapes the cut mark, which does not change it.
  const shownTitle = title === null ? '' : cut(literal(title), LIMITS.title);
  const text = fitted(body, LIMITS.description);
  const room = LIMITS.allEmbeds - shownTitle.length - text.length;
  const details = fitted(message.details, Math.min(LIMITS.description, room));
  const embeds = [embed(shownTitle, text, color), embed('', details, color)].filter((one) => one !== null);
  return embeds.length > 0 ? embeds : [{ description: '(no text)' }];
}

function fitted(blocks: Message['body'], max: number): string {
  return markdown(fitBlocks(blocks, max, (some) => markdown(some).length));
}

function embed(title: string, description: string, color: number | undefined): Embed | null {
  if (title === '' && description === '') return null;
  return {
    ...(title === '' ? {} : { title }),
    ...(description === '' ? {} : { description }),
    ...(color === undefined ? {} : { color }),
  };
}
