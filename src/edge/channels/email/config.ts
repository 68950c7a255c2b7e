/** Where mails are handed over, and with which login. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (smtps). */
  readonly secure: boolean;
  /** Never log in or send without TLS; off only on the machine itself. */
  readonly requireTLS: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
}

/** RFC 6409 (submission), RFC 8314 (implicit TLS). */
const SUBMISSION_PORT = 587;
const SUBMISSIONS_PORT = 465;

/** `smtp://user:password@host:port` or `smtps://`; null for anything else. Encoded characters are decoded. */
export function parseSmtpUrl(url: string): SmtpServer | null {
  if (!URL.canParse(url)) return null;
  const { protocol, hostname, port, username, password } = new URL(url);
  if ((protocol !== 'smtp:' && protocol !== 'smtps:') || hostname === '') return null;
  const secure = protocol === 'smtps:';
  const user = decoded(username);
  const pass = decoded(password);
  if (user === null || pass === null) return null;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? SUBMISSIONS_PORT : SUBMISSION_PORT) : Number(port),
    secure,
    requireTLS: !secure && !isLoopback(hostname),
    auth: user === '' ? null : { user, pass },
  };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** A bare address, and nothing that a mail header could take for two. */
export function isMailAddress(text: string): boolean {
  return /^[^\s\0-\x1f\x7f<>()[\],;:\\"@]{1,64}@[^\s\0-\x1f\x7f<>()[\],;:\\"@]{1,255}$/.test(text);
}
