import { readFile } from 'node:fs/promises';
import { HostError } from '../../domain/host.ts';
import {
  entriesFor,
  fingerprint,
  judgeHostKey,
  type KnownHost,
  keyType,
  knownHostsName,
  parseKnownHosts,
} from './known-hosts.ts';
import type { SshSettings } from './ssh-settings.ts';

/** What is offered for each type of key, best first. `ssh-rsa` as an algorithm means SHA-1 and is not. */
const ALGORITHMS = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

export type HostKeyAlgorithm = (typeof ALGORITHMS)[keyof typeof ALGORITHMS][number];

export interface HostKeys {
  /**
   * Algorithms to ask for: those of the types that are known for the host first, so that a host known
   * by one of its keys does not show another one.
   */
  readonly algorithms: HostKeyAlgorithm[];
  /** null when the key is the host's, else why it is refused. */
  check(key: Buffer): HostError | null;
}

/** Reads known_hosts anew. A file that is missing or unreadable knows nobody. */
export async function readHostKeys(settings: SshSettings): Promise<HostKeys> {
  const all: KnownHost[] = [];
  for (const file of settings.knownHosts) {
    all.push(...parseKnownHosts(await readFile(file, 'utf8').catch(() => ''), file));
  }
  const own = entriesFor(all, nameOf(settings));
  // As OpenSSH does: a host that is unknown at its port may still show the key that its plain name has.
  const plain = settings.hostKeyAlias === null ? entriesFor(all, knownHostsName(settings.host, 22)) : [];
  return {
    algorithms: preferKnown(own.length > 0 ? own : plain),
    check: (key) => checkHostKey(settings, own, plain, key),
  };
}

function preferKnown(entries: readonly KnownHost[]): HostKeyAlgorithm[] {
  const known = new Set(entries.filter(({ revoked }) => !revoked).map(({ type }) => type));
  const types = Object.entries(ALGORITHMS).sort(([a], [b]) => Number(known.has(b)) - Number(known.has(a)));
  return types.flatMap(([, algorithms]) => algorithms);
}

function checkHostKey(
  settings: SshSettings,
  own: readonly KnownHost[],
  plain: readonly KnownHost[],
  key: Buffer,
): HostError | null {
  const { label } = settings;
  const verdict = judgeHostKey(own, key);
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  switch (verdict.state) {
    case 'known':
      return null;
    case 'unknown':
      if (judgeHostKey(plain, key).state === 'known') return null;
      return new HostError(
        'host-key-unknown',
        `${label} shows the key ${shown}, which is not in known_hosts. ${addKey(settings)}`,
      );
    case 'revoked':
      return new HostError(
        'host-key-changed',
        `${label} shows the key ${shown}, which is revoked in ${place(verdict.entry)}`,
      );
    case 'changed':
      return new HostError(
        'host-key-changed',
        `${label} shows another key than before: ${shown} instead of ${verdict.entry.type} ` +
          `${fingerprint(verdict.entry.key)} of ${place(verdict.entry)}. Somebody may be listening in. If its owner confirms ` +
          `the change: ssh-keygen -f '${verdict.entry.file}' -R '${nameOf(settings)}', and log in once with ssh`,
      );
  }
}

/** An alias stands without the port. */
function nameOf({ hostKeyAlias, host, port }: SshSettings): string {
  return hostKeyAlias === null ? knownHostsName(host, port) : hostKeyAlias.toLowerCase();
}

function addKey({ typed, host, port, via, knownHosts, hostKeyAlias }: SshSettings): string {
  const login = `log in once as the bot's user (ssh ${typed})`;
  if (via !== null || hostKeyAlias !== null) return `If that is its key, ${login}`;
  return `If that is its key, ${login}, or: ssh-keyscan -p ${port} ${host} >> '${knownHosts[0]}'`;
}

function place({ file, line }: KnownHost): string {
  return `${file}:${line}`;
}
