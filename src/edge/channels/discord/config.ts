const HOSTS = /^https:\/\/(?:ptb\.|canary\.)?discord(?:app)?\.com$/;
const PATH = /^\/api(?:\/v\d{1,2})?\/webhooks\/(\d{15,20})\/([\w-]{20,100})\/?$/;

export interface WebhookAddress {
  readonly id: string;
  readonly token: string;
}

/**
 * The parts of `https://discord.com/api/webhooks/ID/TOKEN`, as Discord's settings show it; null for any
 * other address. One below the given API address is accepted as well.
 */
export function parseWebhookUrl(url: string, apiUrl: string | null): WebhookAddress | null {
  if (!URL.canParse(url)) return null;
  const { origin, pathname } = new URL(url);
  const known = HOSTS.test(origin) || (apiUrl !== null && URL.canParse(apiUrl) && origin === new URL(apiUrl).origin);
  const [, id, token] = PATH.exec(pathname) ?? [];
  return known && id !== undefined && token !== undefined ? { id, token } : null;
}
