/*
 * What Slack refuses in a message, after its reference of blocks and of chat.postMessage
 * (https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/methods/chat.postMessage).
 * The total of 13,200 characters is measured, not documented.
 */
type Json = Record<string, unknown>;

export interface Refusal {
  readonly error: string;
  readonly details: readonly string[];
}

const MAX_BLOCKS = 50;
const MAX_TOTAL = 13_200;
const MAX_TEXT = 40_000;
const STYLES = new Set(['bold', 'italic', 'strike', 'code']);

/** null where Slack takes it. */
export function refusal(message: { text?: unknown; blocks?: unknown; attachments?: unknown }): Refusal | null {
  const attachments = (message.attachments ?? []) as Json[];
  if (!Array.isArray(attachments)) return { error: 'invalid_attachments', details: ['attachments is no array'] };
  const groups = [message.blocks ?? [], ...attachments.map((attachment) => attachment.blocks ?? [])];
  if (groups.some((group) => !Array.isArray(group))) return invalid(['must be an array [json-pointer:/blocks]']);
  const blocks = groups.flat() as Json[];
  if (!message.text && blocks.length === 0) return { error: 'no_text', details: [] };
  if (typeof message.text === 'string' && message.text.length > MAX_TEXT) return { error: 'msg_too_long', details: [] };
  if (groups.some((group) => (group as Json[]).length > MAX_BLOCKS)) {
    return invalid([`no more than ${MAX_BLOCKS} items allowed [json-pointer:/blocks]`]);
  }
  const details = groups.flatMap((group) => (group as Json[]).flatMap((block, i) => problems(block, `/blocks/${i}`)));
  if (details.length > 0) return invalid(details);
  return blocks.reduce((sum, block) => sum + texts(block).join('').length, 0) > MAX_TOTAL
    ? { error: 'msg_blocks_too_long', details: [] }
    : null;
}

/** Every text that a block shows, in order. */
export function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'text' && typeof inner === 'string' ? [inner] : texts(inner),
  );
}

function invalid(details: readonly string[]): Refusal {
  return { error: 'invalid_blocks', details: details.map((detail) => `[ERROR] ${detail}`) };
}

function problems(block: Json, at: string): string[] {
  switch (block?.type) {
    case 'divider':
      return [];
    case 'header':
      return textObject(block.text, 150, `${at}/text`, ['plain_text']);
    case 'section': {
      const fields = (block.fields ?? []) as Json[];
      if (block.text === undefined && fields.length === 0) return [`missing text or fields [json-pointer:${at}]`];
      if (fields.length > 10) return [`no more than 10 items allowed [json-pointer:${at}/fields]`];
      return [
        ...(block.text === undefined ? [] : textObject(block.text, 3_000, `${at}/text`, ['plain_text', 'mrkdwn'])),
        ...fields.flatMap((field, i) => textObject(field, 2_000, `${at}/fields/${i}`, ['plain_text', 'mrkdwn'])),
      ];
    }
    case 'context': {
      const elements = (block.elements ?? []) as Json[];
      if (elements.length < 1 || elements.length > 10) return [`1 to 10 items allowed [json-pointer:${at}/elements]`];
      return elements.flatMap((element, i) =>
        textObject(element, 3_000, `${at}/elements/${i}`, ['plain_text', 'mrkdwn']),
      );
    }
    case 'rich_text':
      return list(block.elements, `${at}/elements`, richBlock);
    default:
      return [`unsupported type: ${String(block?.type)} [json-pointer:${at}/type]`];
  }
}

function textObject(value: unknown, max: number, at: string, types: readonly string[]): string[] {
  const object = value as Json | undefined;
  if (!object || !types.includes(String(object.type))) return [`must be one of ${types} [json-pointer:${at}/type]`];
  return text(object.text, max, `${at}/text`);
}

function text(value: unknown, max: number, at: string): string[] {
  if (typeof value !== 'string' || value.length === 0) return [`must be more than 0 characters [json-pointer:${at}]`];
  return value.length > max ? [`must be less than ${max + 1} characters [json-pointer:${at}]`] : [];
}

function list(value: unknown, at: string, check: (item: Json, at: string) => string[]): string[] {
  if (!Array.isArray(value) || value.length === 0) return [`must provide an array of items [json-pointer:${at}]`];
  return value.flatMap((item, i) => check(item as Json, `${at}/${i}`));
}

function richBlock(element: Json, at: string): string[] {
  switch (element?.type) {
    case 'rich_text_section':
    case 'rich_text_quote':
      return list(element.elements, `${at}/elements`, inline);
    case 'rich_text_preformatted':
      return list(element.elements, `${at}/elements`, (item, where) =>
        item.type === 'text' || item.type === 'link' ? inline(item, where) : [`not allowed [json-pointer:${where}]`],
      );
    case 'rich_text_list':
      if (element.style !== 'bullet' && element.style !== 'ordered') return [`invalid style [json-pointer:${at}]`];
      if (Number(element.indent ?? 0) > 8) return [`indent above 8 [json-pointer:${at}]`];
      return list(element.elements, `${at}/elements`, (item, where) =>
        item.type === 'rich_text_section' ? richBlock(item, where) : [`not a section [json-pointer:${where}]`],
      );
    default:
      return [`unsupported element: ${String(element?.type)} [json-pointer:${at}/type]`];
  }
}

function inline(element: Json, at: string): string[] {
  const style = Object.keys((element.style ?? {}) as Json).filter((name) => !STYLES.has(name));
  if (style.length > 0) return [`unknown style ${style} [json-pointer:${at}/style]`];
  if (element.type === 'text') return text(element.text, 3_000, `${at}/text`);
  if (element.type === 'link') {
    const url = String(element.url);
    return /^(https?|mailto):/.test(url) && url.length <= 3_000 ? [] : [`invalid url [json-pointer:${at}/url]`];
  }
  return ['user', 'usergroup', 'channel', 'broadcast', 'emoji'].includes(String(element.type))
    ? []
    : [`unsupported element: ${String(element.type)} [json-pointer:${at}/type]`];
}
