/*
 * What Discord accepts in a webhook's message (https://discord.com/developers/docs/resources/webhook#execute-webhook,
 * https://discord.com/developers/docs/resources/message#embed-object-embed-limits).
 */
export interface Embed {
  title?: string;
  description?: string;
  color?: number;
  fields?: { name: string; value: string }[];
  footer?: { text: string };
}

export interface MessageBody {
  content?: string | null;
  embeds?: Embed[] | null;
  allowed_mentions?: { parse?: string[] } | null;
  flags?: number;
}

function embedSize(embed: Embed): number {
  const fields = (embed.fields ?? []).reduce((sum, field) => sum + field.name.length + field.value.length, 0);
  return (embed.title ?? '').length + (embed.description ?? '').length + (embed.footer?.text ?? '').length + fields;
}

function embedFaults(embed: Embed, at: string): string[] {
  const faults: string[] = [];
  const blank = (text: string | undefined): boolean => text === undefined || text.trim() === '';
  if (blank(embed.title) && blank(embed.description) && !embed.fields?.length) faults.push(`${at}: is empty`);
  if ((embed.title ?? '').length > 256) faults.push(`${at}.title: over 256`);
  if ((embed.description ?? '').length > 4096) faults.push(`${at}.description: over 4096`);
  if ((embed.footer?.text ?? '').length > 2048) faults.push(`${at}.footer: over 2048`);
  if ((embed.fields ?? []).length > 25) faults.push(`${at}.fields: over 25`);
  for (const field of embed.fields ?? []) {
    if (field.name.length > 256 || field.value.length > 1024) faults.push(`${at}.fields: too long`);
  }
  if (embed.color !== undefined && !(embed.color >= 0 && embed.color <= 0xffffff)) faults.push(`${at}.color`);
  return faults;
}

/** What is wrong with a message, one sentence each. Mentions must be turned off: the bot never pings. */
export function faultsOf(body: MessageBody): string[] {
  const embeds = body.embeds ?? [];
  const faults = embeds.flatMap((embed, index) => embedFaults(embed, `embeds[${index}]`));
  if (embeds.length > 10) faults.push('embeds: over 10');
  if (embeds.reduce((sum, embed) => sum + embedSize(embed), 0) > 6000) faults.push('embeds: over 6000 in all');
  if ((body.content ?? '').length > 2000) faults.push('content: over 2000');
  if (!body.content && embeds.length === 0) faults.push('content or embeds required');
  if (body.allowed_mentions?.parse?.length !== 0) faults.push('allowed_mentions: parse must be empty');
  if (/\p{Surrogate}/u.test(JSON.stringify(body))) faults.push('text is not well-formed Unicode');
  if (/\\ud[89a-f][0-9a-f]{2}/i.test(JSON.stringify(body))) faults.push('text has a lone surrogate');
  return faults;
}
