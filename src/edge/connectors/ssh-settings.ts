import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { HostError } from '../../domain/host.ts';
import { printable } from './printable.ts';
import { readSshConfig } from './ssh-config-file.ts';
import { checkHost, checkPort, checkUser, parseSshTarget, type SshTarget } from './ssh-target.ts';
import { expandTokens, type Tokens } from './ssh-tokens.ts';

/** More hops than this are a circle. */
const MAX_HOPS = 8;
const DEFAULT_KEYS = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const DEFAULT_KNOWN_HOSTS = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
const SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts';

export type Env = Readonly<Record<string, string | undefined>>;

/** All that a connection needs to know beforehand. */
export interface SshSettings {
  /** `user@host:port`, for messages. */
  readonly label: string;
  /** What a person types behind `ssh` or `ssh-copy-id` for it. */
  readonly typed: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The name under which its key stands in known_hosts, where that is not its own (HostKeyAlias). */
  readonly hostKeyAlias: string | null;
  /** Absolute paths of private keys, in the order they are tried. */
  readonly identityFiles: readonly string[];
  /** Of the agent's keys offer only those that are also in `identityFiles`. */
  readonly identitiesOnly: boolean;
  /** Absolute paths; the first is where a person would add a key. */
  readonly knownHosts: readonly string[];
  /** The machine through which the way leads (ProxyJump). */
  readonly via: SshSettings | null;
  /** Settings that are not followed, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * What ~/.ssh/config adds to a target. Throws HostError for names that are refused and for settings
 * without which the host cannot be reached as its owner meant.
 */
export async function readSshSettings(
  target: SshTarget,
  { home, env }: { readonly home: string; readonly env: Env },
): Promise<SshSettings> {
  return resolveTarget(target, null, { home, env, hops: 0 });
}

interface Context {
  readonly home: string;
  readonly env: Env;
  readonly hops: number;
}

/** `jumps`: the hops before this one where a ProxyJump names several; null: as its own configuration says. */
async function resolveTarget(target: SshTarget, jumps: readonly string[] | null, context: Context) {
  if (context.hops > MAX_HOPS) throw new HostError('failed', `ProxyJump for ${target.host} leads in a circle`);
  const values = await readSshConfig(target.host, context.home);
  const first = (keyword: string): string | undefined => values[keyword]?.[0];

  refuseUnsupported(target.host, first);
  const host = hostName(first('hostname'), target.host);
  const port = target.port ?? checkPort(first('port') ?? '22');
  const localUser = ownName(context.env);
  const user = checkUser(target.user ?? first('user') ?? known(localUser));
  const hops = jumps ?? proxyJumps(first('proxyjump'));
  if (hops.length === 0 && first('proxyjump') === undefined) refuseProxyCommand(target.host, first('proxycommand'));

  const tokens = { h: host, n: target.host, p: String(port), r: user, u: localUser ?? user, d: context.home };
  const identityFiles = paths('IdentityFile', values.identityfile ?? DEFAULT_KEYS, tokens);
  const knownHosts = paths('UserKnownHostsFile', values.userknownhostsfile ?? DEFAULT_KNOWN_HOSTS, tokens);
  const hostKeyAlias = first('hostkeyalias');
  const settings: SshSettings = {
    label: `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`,
    typed: typed(target),
    host,
    port,
    user,
    hostKeyAlias: hostKeyAlias === undefined ? null : checkHost(hostKeyAlias),
    identityFiles: identityFiles.paths,
    identitiesOnly: first('identitiesonly')?.toLowerCase() === 'yes',
    knownHosts: [...knownHosts.paths, SYSTEM_KNOWN_HOSTS],
    via: await jumpHost(hops, context),
    notes: [...keyCheckingNotes(first('stricthostkeychecking')), ...identityFiles.notes, ...knownHosts.notes],
  };
  return settings;
}

function typed({ user, host, port }: SshTarget): string {
  return `${port === null ? '' : `-p ${port} `}${user === null ? '' : `${user}@`}${host}`;
}

async function jumpHost(hops: readonly string[], context: Context): Promise<SshSettings | null> {
  const last = hops.at(-1);
  if (last === undefined) return null;
  const before = hops.length > 1 ? hops.slice(0, -1) : null;
  return resolveTarget(parseSshTarget(last), before, { ...context, hops: context.hops + 1 });
}

function proxyJumps(value: string | undefined): string[] {
  if (value === undefined || value.toLowerCase() === 'none') return [];
  return value.split(',').map((hop) => hop.trim());
}

function refuseProxyCommand(alias: string, command: string | undefined): void {
  if (command === undefined || command.toLowerCase() === 'none') return;
  throw new HostError(
    'failed',
    `~/.ssh/config gives ${alias} a ProxyCommand, which is not supported: use ProxyJump, or set 'ProxyCommand none'`,
  );
}

function keyCheckingNotes(value: string | undefined): string[] {
  if (value === undefined || /^(yes|true|ask)$/i.test(value)) return [];
  return ['StrictHostKeyChecking is not followed: the keys of hosts are always checked and never added'];
}

/** Ignoring it would lead to another machine. */
function refuseUnsupported(alias: string, first: (keyword: string) => string | undefined): void {
  if (/^(yes|always)$/i.test(first('canonicalizehostname') ?? '')) {
    const cure = 'set HostName to the full name, and CanonicalizeHostname no';
    throw new HostError('failed', `~/.ssh/config gives ${alias} CanonicalizeHostname, which is not supported: ${cure}`);
  }
}

function hostName(value: string | undefined, alias: string): string {
  const { text, unknown } = expandTokens(value ?? '%h', { h: alias });
  if (unknown.length === 0) return checkHost(text);
  throw new HostError(
    'failed',
    `~/.ssh/config: HostName of ${alias} holds ${printable(unknown.join(' '))}; only %h may stand there`,
  );
}

/** Absolute, with `~` and tokens expanded, and a note where a token is not known. */
function paths(keyword: string, files: readonly string[], tokens: Tokens): { paths: string[]; notes: string[] } {
  const { d: home = '' } = tokens;
  const notes: string[] = [];
  const found = files
    .filter((file) => file.toLowerCase() !== 'none')
    .map((file) => {
      const { text, unknown } = expandTokens(file, tokens);
      if (unknown.length > 0) notes.push(`${keyword}: ${printable(unknown.join(' '))} is not expanded`);
      return resolve(home, text.replace(/^~(?=\/)/, home));
    });
  return { paths: found, notes };
}

function ownName(env: Env): string | null {
  if (env.USER !== undefined && env.USER !== '') return env.USER;
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

function known(localUser: string | null): string {
  if (localUser !== null) return localUser;
  throw new HostError('failed', 'as which user to log in is not known: write user@host');
}
