import { DeliveryError } from '../../../domain/delivery.ts';
import { reasonOf } from '../text.ts';

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const UNKNOWN_MESSAGE = 10008;

/**
 * What a failed call of discord.js means. Its errors carry the webhook's token in their address, so only
 * the message is taken, and searched for the token all the same.
 */
export function deliveryErrorOf(error: unknown, token: string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const { status, code, retryAfter } = error as { status?: unknown; code?: unknown; retryAfter?: unknown };
  const reason = reasonOf(error, [token]);
  if (typeof retryAfter === 'number') {
    // Discord at times names no wait: then the dispatcher's own grows with each attempt.
    const retryAfterMs = retryAfter > 0 ? Math.ceil(retryAfter) : null;
    return new DeliveryError('Discord limits the rate of this webhook', { permanent: false, retryAfterMs });
  }
  if (code === UNKNOWN_MESSAGE) {
    return new DeliveryError('Discord no longer knows the message', { permanent: false, messageGone: true });
  }
  if (isWebhookGone(error)) {
    const fix = 'make a new one in the channel settings (Integrations, Webhooks) and put its address into pylon.yaml';
    return new DeliveryError(`Discord does not know this webhook (${reason}): ${fix}`, { permanent: true });
  }
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 408) {
    return new DeliveryError(`Discord refuses the message: ${reason}`, { permanent: true });
  }
  return new DeliveryError(`Discord could not be reached: ${reason}`, { permanent: false });
}

/** The webhook was deleted or its token is wrong: it must not be called again. */
export function isWebhookGone(error: unknown): boolean {
  const { status, code } = error as { status?: unknown; code?: unknown };
  return status === 401 || (status === 404 && code !== UNKNOWN_MESSAGE);
}
