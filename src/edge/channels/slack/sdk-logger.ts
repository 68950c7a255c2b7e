import type { LogLevel, Logger as SdkLogger } from '@slack/web-api';
import type { Logger } from '../../../domain/ports.ts';

/** Tokens, and addresses with a ticket in them. */
const SECRET = /\b(xox[a-z]|xapp)-[\w-]+|\b(https?|wss?):\/\/\S+/g;

/**
 * What the SDK says, at debug level: each failure also reaches this code as an error, which is told with its cure.
 * Its own debug messages, which hold whole payloads, are dropped.
 */
export function sdkLogger(logger: Logger): SdkLogger {
  function pass(...parts: unknown[]): void {
    logger.debug({ detail: parts.map(String).join(' ').replace(SECRET, '[hidden]') }, 'Slack SDK');
  }
  return {
    debug: () => {},
    info: () => {},
    warn: pass,
    error: pass,
    setLevel: () => {},
    getLevel: () => 'info' as LogLevel,
    setName: () => {},
  };
}
