import type { WebClient } from '@slack/web-api';
import type { Logger } from '../../../domain/ports.ts';
import { failureOf, limited } from './errors.ts';
import { CALL_TIMEOUT_MS } from './limits.ts';
import type { SlackAppOptions } from './options.ts';
import { sdkLogger } from './sdk-logger.ts';

/** Calls a Web API method; throws SlackFailure, and nothing is tried twice. `place` is named in errors. */
export type SlackApi = (method: string, args: Record<string, unknown>, place: string) => Promise<SlackAnswer>;

/** The fields of answers that are read. */
export interface SlackAnswer {
  readonly channel?: string;
  readonly ts?: string;
  readonly messages?: readonly { readonly ts?: string; readonly metadata?: { readonly event_payload?: Payload } }[];
}

type Payload = Readonly<Record<string, unknown>>;

/**
 * Options for every client of the SDK. Its own retries post a message twice when an answer is lost, its queue
 * waits out a refusal in silence, and an absolute URL in place of a method would be given the token.
 */
export function clientOptions(apiUrl: string | null, logger: Logger) {
  return {
    ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_TIMEOUT_MS,
    allowAbsoluteUrls: false,
    logger: sdkLogger(logger),
  };
}

/** The Web API with the bot's token. While Slack has asked for a pause, nothing is sent. */
export function createApi({ botToken, apiUrl, clock, logger }: Omit<SlackAppOptions, 'appToken'>): SlackApi {
  let client: Promise<WebClient> | null = null;
  let pausedUntil = 0;
  let pauseMs = 0;

  function load(): Promise<WebClient> {
    client ??= import('@slack/web-api').then((sdk) => new sdk.WebClient(botToken, clientOptions(apiUrl, logger)));
    return client;
  }

  return async (method, args, place) => {
    const left = pausedUntil - clock.now();
    // More than was asked for means that the clock was set back.
    if (left > 0 && left <= pauseMs) throw limited(place, left / 1_000);
    try {
      return (await (await load()).apiCall(method, args)) as SlackAnswer;
    } catch (error) {
      const failure = failureOf(error, place);
      if (failure.retryAfterMs !== null) {
        pauseMs = failure.retryAfterMs;
        pausedUntil = clock.now() + pauseMs;
      }
      throw failure;
    }
  };
}
