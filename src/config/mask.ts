const ADDRESS = /([a-z][a-z0-9+.-]*):\/\/[^\s"']+/gi;
/** A webhook's path, with or without what stands before it. */
const WEBHOOK_PATH = /[^\s"']*\/(?:services|webhooks)\/[^\s"']+/gi;
/** Slack's tokens: xoxb-, xoxp-, xapp- ... (https://docs.slack.dev/authentication/tokens). */
const TOKEN = /\bx(?:ox[a-z]|app)-[\w-]+/gi;

/** Blanks whatever looks like an address or a token in text that may quote the user's file. */
export function hideSecrets(text: string): string {
  return text.replace(ADDRESS, '$1://***').replace(WEBHOOK_PATH, '***').replace(TOKEN, '***');
}

/** Keeps scheme and host, which tell one webhook or mail server from another. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return '***';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}/***`;
}

/** Shorter ones would blank half of every log. */
const SHORTEST_SECRET = 4;
const SHORTEST_PATH = 8;

/**
 * The texts by which secrets could show up in a log: each value itself and, of an address, the path
 * and the password, which errors of HTTP and SMTP clients quote alone. Longest first, so that a part
 * does not blank the middle of the whole.
 */
export function secretTexts(values: readonly (string | null)[]): readonly string[] {
  const texts = values.filter((value) => value !== null).flatMap((value) => [value, ...partsOf(value)]);
  return [...new Set(texts)].filter((text) => text.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
}

function partsOf(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password, pathname, search } = new URL(value);
  const path = pathname + search;
  return [password, decoded(password), ...(path.length < SHORTEST_PATH ? [] : [path])];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
