import type { WebhookClient } from 'discord.js';
import { DeliveryError, type Receipt } from '../../../domain/delivery.ts';
import type { Message } from '../../../domain/message.ts';
import type { Channel, Clock, Logger } from '../../../domain/ports.ts';
import { SECOND } from '../../../domain/time.ts';
import { parseWebhookUrl } from './config.ts';
import { deliveryErrorOf, isWebhookGone } from './errors.ts';
import { renderEmbeds } from './render.ts';

/** discord.js waits this long for the answer's head; the deadline is for all of it. */
const ANSWER_TIMEOUT_MS = 15 * SECOND;
export const DEADLINE_MS = 20 * SECOND;

export interface DiscordWebhookOptions {
  /** A secret. */
  readonly url: string;
  /** Where Discord's API is; null: at Discord. */
  readonly apiUrl: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A Discord channel's incoming webhook: it can post and edit, not thread. Its API takes no nonce
 * (https://discord.com/developers/docs/resources/webhook#execute-webhook) and lists no messages, so a post
 * whose answer is lost is posted again, with the same alert ids.
 */
export function createDiscordWebhook({ url, apiUrl, clock, logger }: DiscordWebhookOptions): Channel {
  const address = parseWebhookUrl(url, apiUrl);
  if (address === null) logger.error({ channel: 'discord-webhook' }, NOT_A_WEBHOOK);
  let client: Promise<WebhookClient> | null = null;
  // Discord bans the address of who keeps calling a webhook that is gone, so none is called twice.
  let gone: DeliveryError | null = address === null ? new DeliveryError(NOT_A_WEBHOOK, { permanent: true }) : null;

  async function connect(): Promise<WebhookClient> {
    const { WebhookClient } = await import('discord.js');
    return new WebhookClient(address ?? { id: '', token: '' }, {
      allowedMentions: { parse: [] },
      rest: {
        ...(apiUrl === null ? {} : { api: apiUrl }),
        retries: 0,
        timeout: ANSWER_TIMEOUT_MS,
        // Waiting is the dispatcher's part: what waits in here would be sent although it is out of date.
        rejectOnRateLimit: () => true,
      },
    });
  }

  async function call(act: (webhook: WebhookClient) => Promise<{ id?: unknown }>): Promise<Receipt> {
    if (gone) throw gone;
    client ??= connect();
    try {
      const { id } = await withDeadline(clock, client.then(act));
      if (typeof id !== 'string') throw new DeliveryError('Discord answered without a message', { permanent: false });
      return { id };
    } catch (error) {
      const failure = deliveryErrorOf(error, address?.token ?? '');
      if (isWebhookGone(error)) gone = failure;
      throw failure;
    }
  }

  return {
    kind: 'discord-webhook',
    send: (message) => call((webhook) => webhook.send(bodyOf(message))),
    async update({ id }, message) {
      if (id === undefined) throw new DeliveryError('no message to edit', { permanent: false, messageGone: true });
      return call((webhook) => webhook.editMessage(id, bodyOf(message)));
    },
  };
}

const NOT_A_WEBHOOK =
  'the address is no Discord webhook: it should look like https://discord.com/api/webhooks/ID/TOKEN';

/** Made anew for every call: discord.js writes into what it is given. */
function bodyOf(message: Message): { embeds: ReturnType<typeof renderEmbeds>; allowedMentions: { parse: [] } } {
  return { embeds: renderEmbeds(message), allowedMentions: { parse: [] } };
}

function withDeadline<T>(clock: Clock, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = clock.after(DEADLINE_MS, () => {
      reject(new DeliveryError(`Discord did not answer within ${DEADLINE_MS / SECOND} s`, { permanent: false }));
    });
    work.then(resolve, reject).finally(callOff);
  });
}
