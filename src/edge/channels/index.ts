import type { Channel, Clock, Conversation, Logger } from '../../domain/ports.ts';
import type { Receiver } from '../../domain/receiver.ts';
import { type ConsoleOptions, createConsole } from './console/index.ts';
import { createDiscordWebhook } from './discord/index.ts';
import { createEmail } from './email/index.ts';
import { createSlackApp, createSlackWebhook, type SlackApp } from './slack/index.ts';

export interface ChannelSettings {
  readonly slack: {
    readonly mode: 'socket' | 'http';
    readonly botToken: string | null;
    readonly appToken: string | null;
    readonly apiUrl: string | null;
  };
  readonly discord: { readonly apiUrl: string | null };
  readonly email: { readonly from: string; readonly smtpUrl: string | null };
  /** The HTML page that every mail stands in. */
  readonly emailFrame: string;
  /** null: there is nobody at a terminal. */
  readonly console: ConsoleOptions | null;
}

export interface Channels {
  /** By receiver. Receivers whose channel is not configured have none. */
  readonly byReceiver: ReadonlyMap<string, Channel>;
  /** Platforms on which people write back. */
  readonly conversations: readonly Conversation[];
}

/** The place of every receiver on its platform. One Slack app serves all Slack receivers. */
export function createChannels(
  receivers: readonly Receiver[],
  settings: ChannelSettings,
  parts: { readonly clock: Clock; readonly logger: Logger },
): Channels {
  const app = slackApp(settings, parts);
  const byReceiver = new Map<string, Channel>();
  for (const { name, destination } of receivers) {
    const channel = createChannel(destination, app, settings, parts);
    if (channel !== null) byReceiver.set(name, channel);
  }
  return { byReceiver, conversations: app === null ? [] : [app] };
}

function slackApp(
  { slack }: ChannelSettings,
  parts: { readonly clock: Clock; readonly logger: Logger },
): SlackApp | null {
  const { mode, botToken, apiUrl } = slack;
  const appToken = mode === 'socket' ? slack.appToken : null;
  return botToken === null ? null : createSlackApp({ botToken, appToken, apiUrl, ...parts });
}

function createChannel(
  destination: Receiver['destination'],
  app: SlackApp | null,
  settings: ChannelSettings,
  parts: { readonly clock: Clock; readonly logger: Logger },
): Channel | null {
  switch (destination.kind) {
    case 'slack':
      return app?.channel(destination.channel) ?? null;
    case 'slack-webhook':
      return createSlackWebhook({ url: destination.url, ...parts });
    case 'discord-webhook':
      return createDiscordWebhook({ url: destination.url, apiUrl: settings.discord.apiUrl, ...parts });
    case 'email': {
      const { from, smtpUrl } = settings.email;
      if (smtpUrl === null) return null;
      return createEmail({ smtpUrl, from, to: destination.to, frame: settings.emailFrame, ...parts });
    }
    case 'console':
      return settings.console === null ? null : createConsole(settings.console);
  }
}
