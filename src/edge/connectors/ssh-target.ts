import { isIPv6 } from 'node:net';
import { HostError } from '../../domain/host.ts';

/** A machine as it is written in a configuration; null: not said. */
export interface SshTarget {
  readonly user: string | null;
  /** A name, an address, or an alias of ~/.ssh/config. */
  readonly host: string;
  readonly port: number | null;
}

/*
 * Letters and digits of any script and what names are made of; nothing that a shell, a terminal or a
 * command line could take for something else, and no leading dash.
 */
const HOST = /^[\p{L}\p{N}_][\p{L}\p{N}_.+-]{0,252}$/u;
const USER = /^[\p{L}\p{N}_][\p{L}\p{N}_.+@-]{0,252}$/u;

/** Reads `[user@]host[:port]`, an IPv6 address in brackets. Throws HostError `refused-name`. */
export function parseSshTarget(text: string): SshTarget {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? null : checkUser(text.slice(0, at));
  const [, bracketed, name, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text.slice(at + 1)) ?? [];
  const host = bracketed ?? name;
  if (host === undefined) {
    throw refused(text, 'is not [user@]host[:port]; an IPv6 address stands in brackets: [::1]:22');
  }
  if (bracketed !== undefined && !isIPv6(bracketed)) throw refused(text, 'has no IPv6 address in its brackets');
  return { user, host: checkHost(host), port: port === undefined ? null : checkPort(port) };
}

/** Returns the name unchanged, or throws HostError `refused-name`. */
export function checkHost(name: string): string {
  if (isIPv6(name) || HOST.test(name)) return name;
  throw refused(name, 'is not the name of a host');
}

/** Returns the name unchanged, or throws HostError `refused-name`. */
export function checkUser(name: string): string {
  if (USER.test(name)) return name;
  throw refused(name, 'is not the name of a user');
}

/** Throws HostError `refused-name` for what is not a number from 1 to 65535. */
export function checkPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw refused(text, 'is not a port from 1 to 65535');
}

function refused(text: string, why: string): HostError {
  // JSON writes control characters as escapes, but not those of C1 and the bidirectional ones.
  const shown = JSON.stringify(text.slice(0, 80)).replace(/[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, '?');
  return new HostError('refused-name', `${shown} ${why}`);
}
