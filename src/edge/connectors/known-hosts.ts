import { createHash, createHmac } from 'node:crypto';
import { wildcardMatches } from './wildcard.ts';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly revoked: boolean;
  /** Comma-separated patterns, or one `|1|salt|hash`. */
  readonly hosts: string;
  /** `ssh-ed25519`, `ssh-rsa` ... */
  readonly type: string;
  readonly key: Buffer;
}

export type HostKeyVerdict =
  | { readonly state: 'known' }
  | { readonly state: 'unknown' }
  | { readonly state: 'changed'; readonly entry: KnownHost }
  | { readonly state: 'revoked'; readonly entry: KnownHost };

/** Skips what is not an entry. Certificate authorities are skipped too: ssh2 cannot ask for certificates. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((row, index) => {
    const fields = row.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [hosts, type, key] = fields;
    if (marker === '@cert-authority' || hosts === undefined || hosts.startsWith('#')) return [];
    if (type === undefined || key === undefined) return [];
    return [{ file, line: index + 1, revoked: marker === '@revoked', hosts, type, key: Buffer.from(key, 'base64') }];
  });
}

/** How a host stands in known_hosts: `gpu1`, or `[gpu1]:2222` where the port is not 22. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** The entries for one name, the revoked ones included. */
export function entriesFor(entries: readonly KnownHost[], name: string): KnownHost[] {
  return entries.filter(({ hosts }) => (hosts.startsWith('|') ? hashMatches(hosts, name) : patternsMatch(hosts, name)));
}

/** Judges the key that a host shows by the entries for its name. */
export function judgeHostKey(entries: readonly KnownHost[], key: Buffer): HostKeyVerdict {
  const revoked = entries.find((entry) => entry.revoked && entry.key.equals(key));
  if (revoked !== undefined) return { state: 'revoked', entry: revoked };
  const trusted = entries.filter((entry) => !entry.revoked);
  if (trusted.some((entry) => entry.key.equals(key))) return { state: 'known' };
  const entry = trusted.find(({ type }) => type === keyType(key)) ?? trusted[0];
  return entry === undefined ? { state: 'unknown' } : { state: 'changed', entry };
}

/** As OpenSSH shows it: `SHA256:` and unpadded Base64. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a public key names itself (RFC 4253, 6.6). */
export function keyType(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return key.subarray(4, 4 + length).toString('latin1');
}

function hashMatches(hosts: string, name: string): boolean {
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest().equals(Buffer.from(hash, 'base64'));
}

function patternsMatch(hosts: string, name: string): boolean {
  let matched = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!wildcardMatches(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}
