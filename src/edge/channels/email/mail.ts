import { createHash } from 'node:crypto';
import type { Receipt } from '../../../domain/delivery.ts';
import type { Message } from '../../../domain/message.ts';
import { renderText } from '../plain-text.ts';
import { cut, oneLine, severityLook } from '../text.ts';
import { isMailAddress } from './config.ts';
import { renderHtml } from './html.ts';

/** Lines of plain text (RFC 5322, 2.1.1). */
const TEXT_WIDTH = 78;
const MAX_TEXT = 100_000;
/** Lists of mails show less. */
const MAX_SUBJECT = 200;

export interface MailSettings {
  /** `name@host` or `Name <name@host>`. */
  readonly from: string;
  /** The host in Message-IDs. */
  readonly domain: string;
  readonly frame: string;
}

/** One mail, ready for the transport; the same message and key give the same mail. */
export interface Mail {
  readonly from: string;
  readonly subject: string;
  readonly messageId: string;
  readonly inReplyTo?: string;
  readonly references?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly textEncoding: 'quoted-printable';
  readonly baseBoundary: string;
}

/**
 * @param key the same for every attempt; the Message-ID is made of it, so that mail programs show a
 *   repeated mail once
 * @param thread the receipt of the mail that this one answers. Its subject is kept: Gmail threads by both
 */
export function composeMail(message: Message, key: string, settings: MailSettings, thread: Receipt | null): Mail {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  const first = thread?.messageId;
  const subject = thread?.subject;
  return {
    from: oneLine(settings.from),
    subject: subject === undefined ? subjectOf(message) : `Re: ${oneLine(subject)}`,
    messageId: `<${digest}@${settings.domain}>`,
    ...(first === undefined ? {} : { inReplyTo: oneLine(first), references: oneLine(first) }),
    headers: {
      // RFC 3834: no out-of-office answer comes back. Exchange heeds only its own header.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
    text: cut(renderText(message, { color: false, width: TEXT_WIDTH }), MAX_TEXT),
    html: renderHtml(message, settings.frame),
    textEncoding: 'quoted-printable',
    baseBoundary: digest,
  };
}

function subjectOf(message: Message): string {
  const look = severityLook(message);
  return cut(oneLine(look === null ? message.title : `[${look.word}] ${message.title}`), MAX_SUBJECT);
}

/** The bare address of `name@host` or `Name <name@host>`; null where there is none. */
export function senderOf(from: string): string | null {
  const address = /<([^<>]*)>\s*$/.exec(from)?.[1] ?? from;
  return isMailAddress(address.trim()) ? address.trim() : null;
}
