import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { HostError } from '../../domain/host.ts';
import type { Clock } from '../../domain/ports.ts';
import { SECOND } from '../../domain/time.ts';
import { SHELL_COMMAND } from '../../util/shell.ts';
import { printable } from './printable.ts';
import type { Program } from './program.ts';
import { sshFailure } from './ssh-failure.ts';
import type { SshSettings } from './ssh-settings.ts';

/**
 * Programs on one connection that were given up and have not ended. Each still takes one of the
 * server's sessions (MaxSessions 10): sshd confirms the end of a session only when its program has
 * closed its output.
 */
const MAX_STUCK = 2;
/** sshd may still count a session that has just closed; it no longer does when it has refused one. */
const START_ATTEMPTS = 3;
/** From a request for a program to its start. */
const START_TIMEOUT = 15 * SECOND;

/** A connection to one host, perhaps through others. */
export interface SshSession {
  /** Starts a shell on the script. Throws HostError. */
  start(script: string): Promise<Program>;
  /** A way from the host on to another one. Throws HostError. */
  forward(host: string, port: number): Promise<Duplex>;
  /** Settles once the connection is gone, with why. Never rejects. */
  readonly lost: Promise<HostError>;
  /** Ends it now, and all that runs over it. */
  discard(reason: HostError): void;
}

interface SessionParts {
  readonly client: Client;
  readonly socket: Duplex;
  readonly settings: SshSettings;
  readonly clock: Clock;
  /** Belongs to this connection and ends with it. */
  readonly via: SshSession | null;
}

type Done<T> = (error: Error | undefined, value: T) => void;

export function createSession({ client, socket, settings, clock, via }: SessionParts): SshSession {
  const { label } = settings;
  /** What waits for the connection: called when that is lost. */
  const waiting = new Set<(reason: HostError) => void>();
  let loss: HostError | null = null;
  let settleLost: (reason: HostError) => void;
  const lost = new Promise<HostError>((resolve) => {
    settleLost = resolve;
  });
  let running = 0;
  let stuck = 0;

  function discard(reason: HostError): void {
    if (loss !== null) return;
    loss = reason;
    socket.destroy();
    via?.discard(reason);
    for (const fail of waiting) fail(reason);
    waiting.clear();
    settleLost(reason);
  }

  client.on('error', (error: Error & { level?: string }) => {
    if (error.level !== 'agent') discard(sshFailure(error, settings, null));
  });
  client.on('close', () => discard(new HostError('unreachable', `${label} closed the connection`)));

  /** Asks the host for something; a host that does not even answer that is given up. */
  function request<T>(what: string, send: (done: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = clock.after(START_TIMEOUT, () => {
        discard(
          new HostError('timeout', `${label} took the login but did not ${what} within ${START_TIMEOUT / SECOND} s`),
        );
      });
      function fail(reason: Error): void {
        cancel();
        waiting.delete(fail);
        reject(reason);
      }
      waiting.add(fail);
      if (loss !== null) return fail(loss);
      try {
        send((error, value) => {
          if (error) return fail(error);
          cancel();
          waiting.delete(fail);
          resolve(value);
        });
      } catch (error) {
        // The socket is half closed already.
        discard(sshFailure(error, settings, null));
      }
    });
  }

  async function start(script: string): Promise<Program> {
    const channel = await openChannel(START_ATTEMPTS);
    // Both stay without effect once the channel is over.
    channel.on('error', () => {});
    channel.end(script);
    return channelProgram(channel);
  }

  async function openChannel(attempts: number): Promise<ClientChannel> {
    try {
      return await request<ClientChannel>('start a program', (done) => client.exec(SHELL_COMMAND, done));
    } catch (error) {
      if (error instanceof HostError) throw error;
      if (attempts > 1) return openChannel(attempts - 1);
      const text = printable((error as Error).message);
      throw new HostError('failed', `${label} did not start a program: ${text}; see MaxSessions in its sshd_config`);
    }
  }

  function channelProgram(channel: ClientChannel): Program {
    let exitCode: number | null = null;
    let settle: (lost: HostError | null) => void;
    const closed = new Promise<HostError | null>((resolve) => {
      settle = resolve;
    });
    const exited = new Promise<void>((resolve) => {
      channel.once('exit', (code: number | null) => {
        exitCode = code;
        resolve();
      });
    });
    function over(lost: HostError | null): void {
      if (waiting.delete(over)) running -= 1;
      settle(lost);
    }
    waiting.add(over);
    running += 1;
    channel.once('close', () => over(null));
    if (loss !== null) over(loss);
    return {
      stdout: channel,
      stderr: channel.stderr,
      exited,
      exitCode: () => exitCode,
      closed,
      end: () => channel.close(),
      abandon() {
        over(null);
        stuck += 1;
        // Whatever else runs here is not made to pay for one program that hangs, as long as there is room.
        if (running === 0 || stuck > MAX_STUCK) discard(new HostError('failed', `a program on ${label} does not end`));
      },
    };
  }

  return {
    start,
    async forward(host, port) {
      try {
        return await request<Duplex>('open a way on', (done) => client.forwardOut('127.0.0.1', 0, host, port, done));
      } catch (error) {
        if (error instanceof HostError) throw error;
        const text = printable((error as Error).message);
        throw new HostError('unreachable', `${label} (ProxyJump) could not reach ${host}:${port}: ${text}`);
      }
    },
    lost,
    discard,
  };
}
