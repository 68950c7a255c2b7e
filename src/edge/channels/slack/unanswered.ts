import type { Clock } from '../../../domain/ports.ts';
import type { SlackApi } from './api.ts';
import { SlackFailure } from './errors.ts';

/** How far back a post is looked for: what is missed when more than these came after it is posted twice. */
const LOOK_BACK = 50;

/** Keys remembered at most; one more forgets the oldest. */
const MAX_KEYS = 1_000;

/**
 * Posts whose answer was lost. Slack takes no idempotency key: each post carries the id of its attempt in its metadata,
 * and before the same key is posted again the channel is searched for it. Replies are found too, as they are broadcast.
 */
export interface Unanswered {
  /** What Slack holds of an earlier attempt; null to post. */
  find(key: string, channel: string, place: string): Promise<Posted | null>;
  /** The id for the next attempt: that of the one before, if its end is not known. */
  begin(key: string): string;
  /** Its end is known; `id` is the channel's, where Slack told it. */
  settle(key: string, channel: string, id: string | null): void;
}

interface Posted {
  readonly channel: string;
  readonly ts: string;
}

export function createUnanswered(api: SlackApi, clock: Clock): Unanswered {
  const attempts = new Map<string, string>();
  /** Slack searches by id alone, and tells it with each post. */
  const ids = new Map<string, string>();
  let serial = 0;

  return {
    async find(key, channel, place) {
      const attempt = attempts.get(key);
      // Names are lower case.
      const id = ids.get(channel) ?? (/^[CDG][A-Z0-9]+$/.test(channel) ? channel : undefined);
      if (attempt === undefined || id === undefined) return null;
      const args = { channel: id, limit: LOOK_BACK, include_all_metadata: true };
      try {
        const { messages = [] } = await api('conversations.history', args, place);
        const ts = messages.find(({ metadata }) => metadata?.event_payload?.attempt === attempt)?.ts;
        if (ts === undefined) return null;
        attempts.delete(key);
        return { channel: id, ts };
      } catch (error) {
        // Not allowed to look: rather twice than not at all.
        if (error instanceof SlackFailure && error.permanent) return null;
        throw error;
      }
    },
    begin(key) {
      serial += 1;
      const attempt = attempts.get(key) ?? `${clock.now()}-${serial}`;
      attempts.set(key, attempt);
      const [oldest] = attempts.keys();
      if (attempts.size > MAX_KEYS && oldest !== undefined) attempts.delete(oldest);
      return attempt;
    },
    settle(key, channel, id) {
      attempts.delete(key);
      if (id !== null) ids.set(channel, id);
    },
  };
}
