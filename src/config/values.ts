import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';
import { SECOND } from '../domain/time.ts';
import { formatDuration, parseDuration } from '../util/duration.ts';
import { hideSecrets } from './mask.ts';
import { parseMatcher } from './matcher.ts';

/*
 * The kinds of value that pylon.yaml knows. The message of each says what is expected; what was found
 * is put before it where the error is told.
 */

const DURATION = 'a duration such as 30s, 5m, 4h or 2d';

/** A duration in text, within limits in milliseconds; the result is milliseconds. */
export function duration(min: number, max: number) {
  return z
    .string(DURATION)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === null) context.addIssue({ code: 'custom', message: DURATION });
      return ms ?? z.NEVER;
    })
    .refine((ms) => ms >= min && ms <= max, `${DURATION}, from ${formatDuration(min)} to ${formatDuration(max)}`);
}

/** One of the plan's own keys: a number of seconds, or a duration; limits and result in milliseconds. */
export function seconds(min: number, max: number) {
  const range = `from ${min / SECOND} to ${max / SECOND} seconds, as a number or a duration such as 5m`;
  const number = z.number().transform((value) => value * SECOND);
  return z
    .union([number, z.string().transform((text) => parseDuration(text) ?? Number.NaN)], range)
    .refine((ms) => ms >= min && ms <= max, range);
}

/** Names stand in labels, keys and messages: letters and digits of any script, inner spaces, `. _ @ : -`. */
export const name = z
  .string()
  .regex(
    /^[\p{L}\p{N}](?:[\p{L}\p{N} ._@:-]{0,98}[\p{L}\p{N}._@:-])?$/u,
    'a name of letters, digits, spaces and . _ @ : -',
  );

const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d';
export const timeOfDay = z.string().regex(new RegExp(`^${TIME}$`), "a time 'HH:MM' from 00:00 to 23:59");
export const timeSpan = z.string().regex(new RegExp(`^${TIME}-${TIME}$`), "a span 'HH:MM-HH:MM'");

export const timeZone = z
  .string()
  .refine((zone) => IANAZone.isValidZone(zone), 'an IANA time zone such as Europe/Berlin');

export const date = z
  .string("a date 'YYYY-MM-DD'")
  .refine((text) => DateTime.fromFormat(text, 'yyyy-MM-dd').isValid, "a date 'YYYY-MM-DD' that exists");

/** A path of any kind; control characters are refused, for no real path has them and a shell minds. */
export const path = z.string().regex(/^[^\p{Cc}]+$/u, 'a path');

function staysInside(text: string): boolean {
  return !/^[/~]/.test(text) && !text.split('/').includes('..');
}

export const innerPath = path.refine(staysInside, "a path inside the project's root, without ..");

/** A glob relative to the project's root. */
export const glob = path
  .refine(staysInside, "a glob relative to the project's root, without ..")
  .refine((text) => !text.startsWith('!'), 'a glob that does not begin with !')
  .refine(isBalanced, 'a glob whose [ and { are closed');

function isBalanced(text: string): boolean {
  const rest = text.replace(/\[[^\]]+\]/g, '').replace(/\{[^{}]*\}/g, '');
  return !/[[\]{}]/.test(rest);
}

/** A pattern of text to blank. One that matches nothing at all would blank every gap. */
export const pattern = z.string().superRefine((text, context) => {
  try {
    if (new RegExp(text).test(''))
      context.addIssue({ code: 'custom', message: 'a pattern that does not match empty text' });
  } catch {
    context.addIssue({ code: 'custom', message: 'a valid regular expression' });
  }
});

export const matcher = z.string().transform((text, context) => {
  const parsed = parseMatcher(text);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue({ code: 'custom', message: parsed });
  return z.NEVER;
});

export const label = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a label, such as project');

/** Where ssh goes. A leading dash would be an option to ssh. */
export const sshTarget = z.string().refine(isSshTarget, 'an alias of ~/.ssh/config, or [user@]host[:port]');

function isSshTarget(text: string): boolean {
  const [, host, port = '22'] = /^(?:[^\s@]+@)?(\[[\da-fA-F:.]+\]|[^\s@:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined || text.startsWith('-') || host.startsWith('-') || /\p{Cc}/u.test(text)) return false;
  return Number(port) >= 1 && Number(port) <= 65_535;
}

const ADDRESS = /^[^\s\p{Cc}@<>,;:"()]+@[^\s\p{Cc}@<>,;:"()]+$/u;
export const emailAddress = z.string().regex(ADDRESS, 'an email address');
export const emailSender = z.string().refine(isSender, 'an email address, or Name <address>');

function isSender(text: string): boolean {
  const [, address = text] = /^[^\p{Cc}<>@]+ <([^<>]+)>$/u.exec(text) ?? [];
  return ADDRESS.test(address);
}

export const listenAddress = z.string().regex(/^(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/, "an address 'host:port'");

const WEBHOOK = 'an https:// address (http:// to this machine only)';

/** The address is a secret, which plain http would send in the clear. */
function isWebhook(text: string): boolean {
  if (!isWebUrl(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

export const webhook = z.string().refine(isWebhook, WEBHOOK);

export function isWebUrl(text: string): boolean {
  return !/\s|\p{Cc}/u.test(text) && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

export function isSmtpUrl(text: string): boolean {
  return URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== '';
}

/** A channel by name or id, or an incoming webhook. */
export const slackPlace = z.string("a channel in quotes, '#name', or a webhook address").transform((text, context) => {
  if (isWebhook(text)) return { kind: 'slack-webhook', url: text } as const;
  if (hideSecrets(text) === text && /^#?[\p{L}\p{N}._-]{1,80}$/u.test(text))
    return { kind: 'slack', channel: text } as const;
  context.addIssue({ code: 'custom', message: `a channel, '#name' or its id, or ${WEBHOOK}` });
  return z.NEVER;
});

/** A channel's id, or a webhook. */
export const discordPlace = z.string("a channel's id in quotes, or a webhook address").transform((text, context) => {
  if (isWebhook(text)) return { kind: 'discord-webhook', url: text } as const;
  if (/^\d{1,20}$/.test(text)) return { kind: 'discord-channel', id: text } as const;
  context.addIssue({ code: 'custom', message: `a channel's id, or ${WEBHOOK}` });
  return z.NEVER;
});
