import type { Mail } from './index.ts';

export interface ReadMail {
  readonly text: string;
  readonly edits: number;
  readonly replies: readonly string[];
}

/** As a mail program shows a mailbox: a Message-ID once, answers under the mail that they answer. */
export function readerView(mails: readonly Mail[]): ReadMail[] {
  const once = [...new Map(mails.map((mail) => [mail.parsed.messageId, mail])).values()];
  const threads = once.filter((mail) => mail.parsed.inReplyTo === undefined);
  return threads.map((mail) => ({
    text: shown(mail),
    edits: 0,
    replies: once.filter((reply) => reply.parsed.inReplyTo === mail.parsed.messageId).map(shown),
  }));
}

/** Of the two parts the one that shows less; they must tell the same. */
function shown({ parsed }: Mail): string {
  const plain = parsed.text ?? '';
  const html = htmlText(parsed.html || '');
  return plain.length < html.length ? plain : html;
}

function htmlText(html: string): string {
  return html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replace(/<[^>]*>/g, '\n')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };

const HEADERS = [
  ...['from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'content-type', 'auto-submitted'],
  ...['x-auto-response-suppress', 'in-reply-to', 'references'],
];
const TAGS =
  /^<(?:!doctype html|\/?(?:html|head|title|style|body|div|h[1-6]|p|ul|ol|li|pre|code|strong|em|del|table|tr|t[hd]|blockquote)|meta|html|div|p|t[hd]|br|hr)(?: (?:lang|charset|name|content|class|style)="[^"<>]*")*>$/;

/** What does not belong into a mail of the bot: a header, a recipient, a tag or attribute that came with a value. */
export function foreignParts({ to, raw, parsed }: Mail, recipients: readonly string[]): string[] {
  const html = parsed.html || '';
  const lines = raw.slice(0, raw.indexOf('\r\n\r\n')).split('\r\n');
  return [
    ...to.filter((address) => !recipients.includes(address)),
    ...lines.filter((line) => !/^\s/.test(line) && !HEADERS.includes(line.split(':')[0]?.toLowerCase() ?? '')),
    ...(html.match(/<[^>]*>/g) ?? []).filter((tag) => !TAGS.test(tag)),
    ...raw.split('\r\n').filter((line) => Buffer.byteLength(line) > 998),
    ...(raw.match(/\0/g) ?? []),
  ];
}
