import { HostError } from '../../domain/host.ts';
import type { Clock, Connector, Logger, Random } from '../../domain/ports.ts';
import { SECOND } from '../../domain/time.ts';
import { shellScript } from '../../util/shell.ts';
import { createBreaker } from './breaker.ts';
import { orAborted, startDeadline } from './deadline.ts';
import { capture, follow, letGo, type Program } from './program.ts';
import { createSlots } from './session-slots.ts';
import { openConnection } from './ssh-connection.ts';
import type { SshSession } from './ssh-session.ts';
import { type Env, readSshSettings } from './ssh-settings.ts';
import { parseSshTarget } from './ssh-target.ts';

/** At most so many programs at once on a host: OpenSSH allows 10 a connection (MaxSessions in sshd_config). */
const MAX_PROGRAMS = 8;
/** How long a stream waits for its start: for one of the places above, the connection and the program. */
const STREAM_START_TIMEOUT = 30 * SECOND;

export interface SshConnectorOptions {
  /** The host's name, for the log. */
  readonly name: string;
  /** `[user@]host[:port]` or an alias of ~/.ssh/config. */
  readonly ssh: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where `.ssh` is. */
  readonly home: string;
  /** SSH_AUTH_SOCK and USER are read. */
  readonly env: Env;
}

/**
 * A shell on another machine over one kept connection, which is opened when it is first needed and
 * again when it is needed after a loss; all that is wanted meanwhile waits for the same attempt.
 * After a failure `run` and `stream` throw HostError `paused` until the next attempt is due.
 *
 * Ending a program closes its channel. sshd then does not kill it: the program gets SIGPIPE when it
 * next writes. A program that is to be stopped must write now and then.
 */
export function createSshConnector(options: SshConnectorOptions): Connector {
  const { name, ssh, clock, logger } = options;
  const breaker = createBreaker(options);
  const slots = createSlots(MAX_PROGRAMS);
  const closing = new AbortController();
  const noted = new Set<string>();
  let current: Promise<SshSession> | null = null;

  function session(): Promise<SshSession> {
    closing.signal.throwIfAborted();
    breaker.check();
    if (current !== null) return current;
    const target = parseSshTarget(ssh);
    current = open(target).catch((error: HostError) => {
      current = null;
      breaker.failed(error, error.kind === 'auth');
      logger.warn({ host: name, kind: error.kind, error: error.message }, 'host cannot be reached');
      throw error;
    });
    return current;
  }

  async function open(target: ReturnType<typeof parseSshTarget>): Promise<SshSession> {
    const settings = await readSshSettings(target, options);
    for (const note of settings.notes) noteOnce(note);
    const { default: ssh2 } = await import('ssh2');
    const opened = await openConnection(settings, { ...options, ssh2, signal: closing.signal });
    logger.debug({ host: name, address: settings.label }, 'connected');
    void opened.lost.then(onLost);
    return opened;
  }

  function onLost(reason: HostError): void {
    current = null;
    if (closing.signal.aborted) return;
    // A connection that breaks is opened again at once; a host that takes logins and then hangs is not.
    if (reason.kind === 'timeout') breaker.failed(reason, false);
    logger.info({ host: name, kind: reason.kind, error: reason.message }, 'connection lost');
  }

  function noteOnce(note: string): void {
    if (!noted.has(note)) logger.warn({ host: name, setting: note }, 'a setting of ~/.ssh/config is not followed');
    noted.add(note);
  }

  async function start(script: string, signal: AbortSignal): Promise<Program> {
    const giveBack = await slots.take(signal);
    try {
      const opened = await session();
      signal.throwIfAborted();
      const program = await opened.start(script);
      void program.closed.then(giveBack);
      if (signal.aborted) letGo(program, clock);
      return program;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  function late(): HostError {
    return new HostError('timeout', `${ssh} did not start the program in time`);
  }

  /** A login shell that hangs stays behind on the host, one more with each attempt. */
  function hung(timeoutMs: number): HostError {
    const said = `${ssh} took the login, but its shell printed nothing within ${timeoutMs / SECOND} s`;
    const error = new HostError('timeout', said);
    breaker.failed(error, true);
    return error;
  }

  return {
    async run(program, input, { timeoutMs, capBytes }) {
      const script = shellScript(program, input);
      const deadline = startDeadline(clock, timeoutMs, late);
      try {
        const started = await orAborted(start(script, deadline.signal), deadline.signal);
        const output = await capture(started, capBytes, deadline.signal, clock);
        if (output.timedOut && output.stdout.length === 0) throw hung(timeoutMs);
        breaker.succeeded();
        return output;
      } finally {
        deadline.cancel();
      }
    },
    async stream(program, input, onData) {
      const script = shellScript(program, input);
      const deadline = startDeadline(clock, STREAM_START_TIMEOUT, late);
      function takeData(chunk: Buffer): void {
        breaker.succeeded();
        onData(chunk);
      }
      try {
        return follow(await orAborted(start(script, deadline.signal), deadline.signal), takeData, clock);
      } finally {
        deadline.cancel();
      }
    },
    async close() {
      const reason = new HostError('failed', 'the bot is shutting down');
      closing.abort(reason);
      const opened = await current?.catch(() => null);
      opened?.discard(reason);
    },
  };
}
