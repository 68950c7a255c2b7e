import { texts } from './blocks.ts';

type Json = Record<string, unknown>;

export interface Shown {
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly attachments: readonly unknown[];
  /** `parse: 'none'` keeps bare addresses from becoming links. */
  readonly options?: Record<string, unknown>;
}

/** Everything a message shows, as one string: for assertions on wording. */
export function allText(message: Shown): string {
  return [message.text, ...texts(message.blocks), ...texts(message.attachments)].join('\n');
}

/** Who would be notified by name, or be linked: what Slack finds in mrkdwn, and mention elements of rich text. */
export function pings(message: Shown): string[] {
  return [...inMrkdwn(message).flatMap((text) => text.match(/<[!@#][^>]*>/g) ?? []), ...elements(message, MENTIONS)];
}

/** What could be clicked. The text beside blocks is shown in notifications only, and links nothing there. */
export function links(message: Shown): string[] {
  const hasBlocks = message.blocks.length > 0 || message.attachments.length > 0;
  const shown = inMrkdwn({ ...message, text: hasBlocks ? '' : message.text });
  const pattern = message.options?.parse === 'none' ? /<[a-z]+:[^>]*>/gi : /<[a-z]+:[^>]*>|\bhttps?:\/\/\S+/gi;
  const marked = shown.flatMap((text) => text.match(pattern) ?? []);
  return [...marked, ...elements(message, ['link']).map((element) => String(JSON.parse(element).url))];
}

const MENTIONS = ['user', 'usergroup', 'channel', 'broadcast', 'team'];

function inMrkdwn(message: Shown): string[] {
  return [message.text, ...walk([message.blocks, message.attachments]).flatMap(mrkdwn)];
}

function mrkdwn(node: Json): string[] {
  const own = node.type === 'mrkdwn' ? [String(node.text)] : [];
  return typeof node.fallback === 'string' ? [...own, node.fallback] : own;
}

function elements(message: Shown, types: readonly string[]): string[] {
  return walk([message.blocks, message.attachments])
    .filter((node) => types.includes(String(node.type)))
    .map((node) => JSON.stringify(node));
}

function walk(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(walk);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Json, ...Object.values(value).flatMap(walk)];
}
