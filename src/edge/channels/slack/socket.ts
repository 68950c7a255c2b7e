import type { CommandHandler } from '../../../domain/ports.ts';
import { clientOptions } from './api.ts';
import { answerCommand } from './command.ts';
import { APP_TOKEN, failureOf } from './errors.ts';
import { CALL_TIMEOUT_MS } from './limits.ts';
import type { SlackAppOptions } from './options.ts';
import { withDeadline } from './pace.ts';
import type { Recent } from './recent.ts';
import { sdkLogger } from './sdk-logger.ts';

/** A silent line is noticed after this long; the SDK asks three times as often. */
const PING_TIMEOUT_MS = 3_000;

/** From the first call to Slack's hello. */
const START_DEADLINE_MS = CALL_TIMEOUT_MS + 5_000;

export interface SocketOptions extends SlackAppOptions {
  readonly appToken: string;
  readonly handler: CommandHandler;
  /** Triggers and envelopes of commands that were taken. */
  readonly recent: Recent;
}

export interface Socket {
  /** Settles when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

/**
 * One Socket Mode connection with Bolt; throws SlackFailure when it cannot be had. Bolt does not reconnect by itself:
 * where Slack refuses a token or answers 500 meanwhile, its own attempt ends the process, and where a token is revoked it
 * never ends. A closed connection is replaced by a new one instead, with the same checks as the first.
 */
export async function openSocket(options: SocketOptions): Promise<Socket> {
  const { botToken, appToken, apiUrl, clock, logger, handler, recent } = options;
  const { App, SocketModeReceiver } = await import('@slack/bolt');
  const receiver = new SocketModeReceiver({
    appToken,
    logger: sdkLogger(logger),
    clientPingTimeout: PING_TIMEOUT_MS,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: clientOptions(apiUrl, logger) },
    customPropertiesExtractor: (args) => ({ envelopeId: args.envelope_id }),
  });
  const app = new App({
    receiver,
    token: botToken,
    deferInitialization: true,
    convoStore: false,
    logger: sdkLogger(logger),
    clientOptions: { ...clientOptions(apiUrl, logger), fetch: fetchWithin(CALL_TIMEOUT_MS) },
  });
  app.error(async (error) => {
    logger.error({ reason: failureOf(error, 'command').message }, 'Slack command failed');
  });
  app.command('/pylon', (args) => answerCommand(args, { handler, recent, logger }));

  await withDeadline(clock, START_DEADLINE_MS, app.init()).catch((error) => {
    throw failureOf(error, 'sign-in');
  });
  const closed = new Promise<void>((resolve) => {
    receiver.client.on('disconnected', resolve);
  });
  await withDeadline(clock, START_DEADLINE_MS, app.start()).catch((error) => {
    close();
    throw failureOf(error, 'connection', APP_TOKEN);
  });
  return { closed, close };

  function close(): void {
    // Its promise waits for the other side, which may be gone.
    void receiver.client.disconnect();
  }
}

/** `respond` waits for ever by itself. */
function fetchWithin(ms: number): typeof fetch {
  return (input, init) => fetch(input, { signal: AbortSignal.timeout(ms), ...init });
}
