import type { Channel, Conversation } from '../../../domain/ports.ts';
import { createApi } from './api.ts';
import { createSlackChannel } from './channel.ts';
import { createCommands } from './commands.ts';
import type { SlackAppOptions } from './options.ts';
import { createPace } from './pace.ts';
import { createUnanswered } from './unanswered.ts';

export { createSlackWebhook } from './webhook.ts';

/** The Slack app of slack-manifest.yaml: posts with the bot's token, and takes `/pylon` over Socket Mode. */
export interface SlackApp extends Conversation {
  /** `#name` or id. The same name gives the same channel, so that its pace is kept for all. */
  channel(name: string): Channel;
}

const NO_COMMANDS: Conversation = { start: () => Promise.resolve(), stop: () => Promise.resolve() };

/** Loads nothing and connects to nothing until it is used. Sending needs no `start`. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const { appToken, clock, logger } = options;
  const api = createApi(options);
  const unanswered = createUnanswered(api, clock);
  const channels = new Map<string, Channel>();

  return {
    ...(appToken === null ? NO_COMMANDS : createCommands({ ...options, appToken })),
    channel(name) {
      const channel =
        channels.get(name) ?? createSlackChannel({ name, api, pace: createPace(clock), unanswered, logger });
      channels.set(name, channel);
      return channel;
    },
  };
}
