import { createHash } from 'node:crypto';
import type { Receipt } from '../../../domain/delivery.ts';
import type { Message } from '../../../domain/message.ts';
import type { Channel, Logger } from '../../../domain/ports.ts';
import type { SlackAnswer, SlackApi } from './api.ts';
import { blocksRefused, SlackFailure } from './errors.ts';
import { MAX_METADATA_ID, MAX_METADATA_IDS, MAX_METADATA_KEY } from './limits.ts';
import type { Pace } from './pace.ts';
import { render, renderDetails, renderPlain, type SlackMessage, unfolded } from './render.ts';
import { clean } from './text.ts';
import type { Unanswered } from './unanswered.ts';

/** Nobody is pinged and nothing becomes a link by what a text happens to hold. */
const LITERAL = { parse: 'none', link_names: false };
const QUIET_POST = { ...LITERAL, mrkdwn: false, unfurl_links: false, unfurl_media: false };

export interface ChannelParts {
  /** `#name` or id, as the configuration has it. */
  readonly name: string;
  readonly api: SlackApi;
  readonly pace: Pace;
  readonly unanswered: Unanswered;
  readonly logger: Logger;
}

/**
 * One Slack channel. Its receipt is `{channel, ts}`, and with details `{details, detailsSum}`: the message of the details
 * in the thread, and a hash of what it says.
 */
export function createSlackChannel({ name, api, pace, unanswered, logger }: ChannelParts): Channel {
  /** Posts or edits; as plain text if Slack refuses the blocks. */
  async function write(
    method: string,
    args: Record<string, unknown>,
    message: SlackMessage,
    plain: () => SlackMessage,
  ) {
    const options = method === 'chat.update' ? LITERAL : QUIET_POST;
    await pace();
    try {
      return await api(method, { ...options, ...args, ...message }, name);
    } catch (error) {
      if (!blocksRefused(error)) throw error;
      logger.warn(
        { channel: name, code: error.code, problems: error.problems },
        'Slack refused the blocks; sending text',
      );
      await pace();
      return api(method, { ...options, ...args, ...plain() }, name);
    }
  }

  async function post(message: Message, key: string, thread: Receipt | null): Promise<{ channel: string; ts: string }> {
    const target = thread?.channel ?? name;
    const found = await unanswered.find(key, target, name);
    if (found !== null) return found;
    const attempt = unanswered.begin(key);
    const args = {
      channel: target,
      ...(thread === null ? {} : { thread_ts: thread.ts, reply_broadcast: true }),
      metadata: { event_type: 'pylon_delivery', event_payload: { attempt, ...namesOf(message, key) } },
    };
    try {
      const answer = placeOf(await write('chat.postMessage', args, render(message), () => renderPlain(message)));
      unanswered.settle(key, target, answer.channel);
      return answer;
    } catch (error) {
      if (!(error instanceof SlackFailure && error.maybeDone)) unanswered.settle(key, target, null);
      throw error;
    }
  }

  /** Makes the thread's first message say the details; posts it anew where somebody has deleted it. */
  async function detail(receipt: Receipt, message: Message): Promise<Receipt> {
    const details = renderDetails(message);
    if (details === null) return receipt;
    const detailsSum = createHash('sha256').update(JSON.stringify(details)).digest('base64url').slice(0, 16);
    if (receipt.detailsSum === detailsSum) return receipt;
    const plain = () => renderPlain({ ...message, body: message.details, severity: null, resolved: false });
    const thread = { channel: receipt.channel, thread_ts: receipt.ts };
    const postDetails = () => write('chat.postMessage', thread, details, plain);
    const answer =
      receipt.details === undefined
        ? await postDetails()
        : await write('chat.update', { channel: receipt.channel, ts: receipt.details }, details, plain).catch(
            (error) => {
              if (error instanceof SlackFailure && error.messageGone) return postDetails();
              throw error;
            },
          );
    return { ...receipt, details: placeOf(answer).ts, detailsSum };
  }

  function placeOf({ channel, ts }: SlackAnswer): { channel: string; ts: string } {
    if (channel && ts) return { channel, ts };
    throw new SlackFailure(`Slack, ${name}: answer without channel and ts`, { permanent: false, maybeDone: true });
  }

  function posted(receipt: Receipt): void {
    if (receipt.channel && receipt.ts) return;
    throw new SlackFailure(`Slack, ${name}: not a receipt of Slack`, { permanent: false, messageGone: true });
  }

  return {
    kind: 'slack',
    async send(message, key) {
      return post(message, key, null);
    },
    async update(receipt, message) {
      posted(receipt);
      const args = { channel: receipt.channel, ts: receipt.ts };
      await write('chat.update', args, render(message), () => renderPlain(message));
      return receipt;
    },
    async detail(receipt, message) {
      posted(receipt);
      return detail(receipt, message);
    },
    async reply(receipt, message, key) {
      posted(receipt);
      await post(unfolded(message), `${receipt.ts} ${key}`, receipt);
    },
  };
}

/** What the message is about, for whoever reads the channel by program. */
function namesOf({ alertIds }: Message, key: string): { key: string; alert_ids: string[] } {
  return {
    key: clean(key.slice(0, MAX_METADATA_KEY)),
    alert_ids: alertIds.slice(0, MAX_METADATA_IDS).map((id) => clean(id.slice(0, MAX_METADATA_ID))),
  };
}
