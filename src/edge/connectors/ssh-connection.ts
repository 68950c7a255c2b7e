import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import { HostError } from '../../domain/host.ts';
import type { Clock } from '../../domain/ports.ts';
import { SECOND } from '../../domain/time.ts';
import { orAborted, startDeadline } from './deadline.ts';
import { type HostKeys, readHostKeys } from './host-key.ts';
import { type Login, readLogin, type Ssh2 } from './ssh-auth.ts';
import { sshFailure } from './ssh-failure.ts';
import { createSession, type SshSession } from './ssh-session.ts';
import type { Env, SshSettings } from './ssh-settings.ts';

/** From the first packet to the login. */
const LOGIN_TIMEOUT = 15 * SECOND;
/** A dead peer is noticed after 40 s. */
const KEEPALIVE = { keepaliveInterval: 10 * SECOND, keepaliveCountMax: 3 };

export interface ConnectContext {
  readonly ssh2: Ssh2;
  readonly clock: Clock;
  readonly env: Env;
  /** Gives the attempt up when it aborts. */
  readonly signal: AbortSignal;
}

/**
 * Connects, through other hosts where the settings say so, checks the host's key against known_hosts
 * as it now is, and logs in. Throws HostError.
 */
export async function openConnection(settings: SshSettings, context: ConnectContext): Promise<SshSession> {
  const via = settings.via === null ? null : await openConnection(settings.via, context);
  const { clock, env, ssh2, signal: parent } = context;
  const late = () => new HostError('timeout', `${settings.label} did not answer within ${LOGIN_TIMEOUT / SECOND} s`);
  const deadline = startDeadline(clock, LOGIN_TIMEOUT, late, parent);
  const login = await readLogin(settings, env, ssh2);
  let socket: Duplex | null = null;
  try {
    const hostKeys = await readHostKeys(settings);
    socket = await openWay(settings, via, deadline.signal);
    const client = new ssh2.Client();
    const session = createSession({ client, socket, settings, clock, via });
    await orAborted(logIn(client, { socket, settings, login, hostKeys }), deadline.signal);
    return session;
  } catch (error) {
    const failure = sshFailure(error, settings, login);
    socket?.destroy();
    via?.discard(failure);
    throw failure;
  } finally {
    deadline.cancel();
    login.release();
  }
}

async function openWay(settings: SshSettings, via: SshSession | null, signal: AbortSignal): Promise<Duplex> {
  const { host, port } = settings;
  if (via !== null) return orAborted(via.forward(host, port), signal);
  signal.throwIfAborted();
  const socket = connectSocket({ host, port, noDelay: true });
  // The client listens too, but only from the next turn on.
  socket.on('error', () => {});
  return socket;
}

interface LoginParts {
  readonly socket: Duplex;
  readonly settings: SshSettings;
  readonly login: Login;
  readonly hostKeys: HostKeys;
}

/** Rejects with what ssh2 reports, or with HostError for a key that is refused. */
function logIn(client: Client, { socket, settings, login, hostKeys }: LoginParts): Promise<void> {
  const methods = [...login.methods];
  return new Promise((resolve, reject) => {
    const config: ConnectConfig = {
      ...KEEPALIVE,
      sock: socket as NonNullable<ConnectConfig['sock']>,
      username: settings.user,
      readyTimeout: 0,
      algorithms: { serverHostKey: hostKeys.algorithms },
      authHandler: () => methods.shift() ?? false,
      hostVerifier(key: Buffer): boolean {
        const refusal = hostKeys.check(key);
        if (refusal !== null) reject(refusal);
        return refusal === null;
      },
    };
    client.once('ready', resolve);
    client.once('close', () => reject(new Error('closed by the host')));
    client.on('error', (error: Error & { level?: string }) => {
      // An agent that fails leaves the keys of files.
      if (error.level !== 'agent') reject(error);
    });
    client.connect(config);
  });
}
