import type { Destination, Matcher, Receiver } from '../domain/receiver.ts';
import type { ChannelsConfig } from './config.ts';
import type { Path } from './problem.ts';
import { SUMMARY_CHANNELS, type SummaryChannel, summaryReceiver, TERMINAL } from './references.ts';
import type { ReceiverSettings, Settings } from './schema.ts';

/** Something that is configured and cannot be used. */
export interface Off {
  readonly kind: 'off' | 'not-yet';
  readonly path: Path;
  readonly message: string;
}

interface Wish {
  readonly name: string;
  /** null: a kind that does not exist yet, which is told elsewhere. */
  readonly destination: Destination | { readonly kind: 'discord-channel'; readonly id: string } | null;
  readonly hears: Receiver['hears'];
  readonly path: Path;
}

const DIGESTS: Matcher = { label: 'kind', op: '=', value: 'digest' };
const CRITICAL: Matcher = { label: 'severity', op: '=', value: 'critical' };

/** The receivers that can be reached, and what keeps the others from it. */
export function resolveReceivers(
  settings: Settings,
  channels: ChannelsConfig,
): { readonly receivers: readonly Receiver[]; readonly off: readonly Off[] } {
  const receivers: Receiver[] = [];
  const off: Off[] = [];
  for (const { name, destination, hears, path } of [...declared(settings), ...fromSwitches(settings)]) {
    if (destination === null) continue;
    if (destination.kind === 'discord-channel') {
      off.push({ kind: 'not-yet', path, message: needsBot(name) });
      continue;
    }
    const missing = missingFor(destination, channels);
    if (missing === null) receivers.push({ name, destination, hears });
    else off.push({ kind: 'off', path, message: `${missing} is not set; the receiver ${name} is off` });
  }
  return { receivers: [...receivers, { name: TERMINAL, destination: { kind: 'console' }, hears: [[]] }], off };
}

function needsBot(name: string): string {
  return `channels of Discord are not yet supported, webhooks are; the receiver ${name} is off`;
}

function missingFor({ kind }: Destination, { slack, email }: ChannelsConfig): string | null {
  if (kind === 'slack' && slack.botToken === null) return 'SLACK_BOT_TOKEN';
  if (kind === 'email' && email.smtpUrl === null) return 'SMTP_URL';
  return null;
}

function declared({ receivers }: Settings): Wish[] {
  return receivers.map((receiver, i) => {
    const destination = destinationOf(receiver);
    const path = ['receivers', i, ...(destination === null ? [] : [keyOf(destination.kind)])];
    return { name: receiver.name, destination, hears: null, path };
  });
}

function destinationOf({ slack, discord, email, console }: ReceiverSettings): Wish['destination'] {
  if (email !== undefined) return { kind: 'email', to: email };
  if (console !== undefined) return { kind: 'console' };
  return slack ?? discord ?? null;
}

/** The key of a receiver that holds a destination: the first word of its kind. */
function keyOf(kind: string): string {
  return kind.replace(/-.*/, '');
}

/** The plan's own switches: digests and critical alerts, whatever the routes say. */
function fromSwitches({ summary: { notifications } }: Settings): Wish[] {
  const destinations: Readonly<Record<SummaryChannel, Destination>> = {
    email: { kind: 'email', to: notifications.email.recipients },
    slack: { kind: 'slack-webhook', url: notifications.slack.webhook_url },
    discord: { kind: 'discord-webhook', url: notifications.discord.webhook_url },
  };
  return SUMMARY_CHANNELS.filter((channel) => notifications[channel].enabled).map((channel) => ({
    name: summaryReceiver(channel),
    destination: destinations[channel],
    hears: [[DIGESTS], [CRITICAL]],
    path: ['summary', 'notifications', channel],
  }));
}
