import type { Message } from '../../../domain/message.ts';
import type { Channel, Clock } from '../../../domain/ports.ts';
import { blocksRefused, limited, networkReason, refusalOf, SlackFailure } from './errors.ts';
import { CALL_TIMEOUT_MS } from './limits.ts';
import { createPace } from './pace.ts';
import { render, renderPlain, type SlackMessage, unfolded } from './render.ts';

const PLACE = 'webhook';
const QUIET = { parse: 'none', link_names: false, mrkdwn: false, unfurl_links: false, unfurl_media: false };
const NEW_ADDRESS = 'the webhook does not exist any more: make a new one and put its address in the configuration';

/** An incoming webhook: sends and no more. Its address is a secret and stands in no error. */
export function createSlackWebhook(options: {
  readonly url: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}): Channel {
  const { url, clock, timeoutMs = CALL_TIMEOUT_MS } = options;
  const pace = createPace(clock);

  async function post(message: SlackMessage): Promise<void> {
    await pace();
    const { IncomingWebhook } = await import('@slack/webhook');
    let retryAfter: string | null = null;
    // The SDK's error does not hold the header.
    const keepHeader: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      retryAfter = response.headers.get('retry-after');
      return response;
    };
    try {
      const webhook = new IncomingWebhook(url, { timeout: timeoutMs, fetch: keepHeader });
      await webhook.send({ ...QUIET, ...message } as object);
    } catch (error) {
      throw failureOf(error, retryAfter);
    }
  }

  return {
    kind: 'slack-webhook',
    async send(message: Message) {
      const whole = unfolded(message);
      try {
        await post(render(whole));
      } catch (error) {
        if (!blocksRefused(error)) throw error;
        await post(renderPlain(whole));
      }
      return {};
    },
  };
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors */
function failureOf(error: unknown, retryAfter: string | null): SlackFailure {
  const { statusCode: status, body } = error as { statusCode?: number; body?: unknown };
  if (status === undefined) {
    const reason = networkReason(error);
    const permanent = reason === 'ERR_INVALID_URL';
    const what = permanent ? 'its address is not a URL' : `no answer (${reason})`;
    return new SlackFailure(`Slack, ${PLACE}: ${what}`, { permanent });
  }
  if (status === 429) return limited(PLACE, Number.parseInt(retryAfter ?? '', 10) || undefined);
  if (status === 404 || status === 410) return new SlackFailure(`Slack, ${PLACE}: ${NEW_ADDRESS}`, { permanent: true });
  if (status >= 500 || status === 408)
    return new SlackFailure(`Slack, ${PLACE}: server answered ${status}`, { permanent: false });
  const refusal = refusalOf(String(body), PLACE);
  return new SlackFailure(refusal.message, { permanent: true, code: refusal.code });
}
