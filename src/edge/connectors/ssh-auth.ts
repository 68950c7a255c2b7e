import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import type { Env, SshSettings } from './ssh-settings.ts';

export type Ssh2 = typeof import('ssh2');

export interface Login {
  /** In the order they are tried: the agent's keys, then those of files. */
  readonly methods: readonly AnyAuthMethod[];
  /** What is tried, for messages. */
  readonly tried: readonly string[];
  /** Why keys that are there cannot be used, one sentence each. */
  readonly problems: readonly string[];
  /** Call when the login is over: an agent that does not answer would hold its socket open. */
  release(): void;
}

/** Finds out how to log in. Never throws: what cannot be used is named in `problems`. */
export async function readLogin(settings: SshSettings, env: Env, ssh2: Ssh2): Promise<Login> {
  const { user } = settings;
  const files = await Promise.all(settings.identityFiles.map((path) => readIdentity(path, ssh2)));
  const found = files.filter((file) => file !== null);
  const methods: AnyAuthMethod[] = [];
  const tried: string[] = [];
  let release = () => {};
  if (env.SSH_AUTH_SOCK) {
    const ours = found.flatMap(({ publicKey }) => (publicKey === null ? [] : [publicKey]));
    const opened = openAgent(ssh2, env.SSH_AUTH_SOCK, ours, settings.identitiesOnly);
    release = opened.release;
    methods.push({ type: 'agent', username: user, agent: opened.agent });
    tried.push('the ssh-agent');
  }
  for (const { path, key } of found) {
    if (key === null) continue;
    methods.push({ type: 'publickey', username: user, key });
    tried.push(path);
  }
  const problems = found.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  return { methods, tried, problems, release };
}

interface Identity {
  readonly path: string;
  readonly key: ParsedKey | null;
  readonly publicKey: Buffer | null;
  readonly problem: string | null;
}

async function readIdentity(path: string, ssh2: Ssh2): Promise<Identity | null> {
  const text = await readFile(path).catch((error: NodeJS.ErrnoException) => error);
  const publicText = await readFile(`${path}.pub`).catch(() => null);
  const publicKey = publicText === null ? null : parse(publicText, ssh2);
  const publicBlob = publicKey instanceof Error ? null : (publicKey?.getPublicSSH() ?? null);
  if (text instanceof Error) {
    if (text.code === 'ENOENT' && publicBlob === null) return null;
    const problem = text.code === 'ENOENT' ? null : `${path} cannot be read (${text.code})`;
    return { path, key: null, publicKey: publicBlob, problem };
  }
  const key = parse(text, ssh2);
  if (key instanceof Error) return { path, key: null, publicKey: publicBlob, problem: keyProblem(path, key) };
  return { path, key, publicKey: key.getPublicSSH(), problem: null };
}

function parse(text: Buffer, ssh2: Ssh2): ParsedKey | Error {
  const parsed: ParsedKey | Error | ParsedKey[] = ssh2.utils.parseKey(text);
  return Array.isArray(parsed) ? (parsed[0] ?? new Error('holds no key')) : parsed;
}

function keyProblem(path: string, error: Error): string {
  if (/passphrase/i.test(error.message)) {
    return `${path} is encrypted: add it to an ssh-agent (ssh-add) and give the bot its SSH_AUTH_SOCK`;
  }
  return `${path} is no private key that can be used`;
}

/**
 * The agent with our own keys first, as a server gives up after a few wrong ones (MaxAuthTries 6),
 * and without all others when `only` is set.
 */
function openAgent(ssh2: Ssh2, socketPath: string, ours: readonly Buffer[], only: boolean) {
  const streams = new Set<Duplex>();
  const isOurs = (key: ParsedKey) => ours.some((blob) => blob.equals(key.getPublicSSH()));
  class OrderedAgent extends ssh2.OpenSSHAgent {
    override getIdentities(done: (error?: Error | null, keys?: ParsedKey[]) => void): void {
      super.getIdentities((error, keys) => {
        if (error || keys === undefined) return done(error ?? new Error('no answer'));
        const parsed = keys as ParsedKey[];
        done(null, only ? parsed.filter(isOurs) : parsed.sort((a, b) => Number(isOurs(b)) - Number(isOurs(a))));
      });
    }
    override getStream(done: (error?: Error | null, stream?: Duplex) => void): void {
      super.getStream((error, stream) => {
        if (stream) streams.add(stream);
        done(error, stream);
      });
    }
  }
  function release(): void {
    for (const stream of streams) stream.destroy();
  }
  return { agent: new OrderedAgent(socketPath), release };
}
