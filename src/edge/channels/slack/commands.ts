import type { CommandHandler, Conversation } from '../../../domain/ports.ts';
import { SECOND } from '../../../domain/time.ts';
import { backoffDelay } from '../../../util/backoff.ts';
import { failureOf, SlackFailure } from './errors.ts';
import type { SlackAppOptions } from './options.ts';
import { createRecent } from './recent.ts';
import { openSocket, type Socket } from './socket.ts';

const RETRY = { firstMs: SECOND, maxMs: 300 * SECOND };

/** A connection that ends sooner counts as failed: one that is closed at once again and again is not asked for in a loop. */
const MIN_LIFE_MS = SECOND;

/**
 * Keeps a connection for commands while started. `start` returns at once: that Slack refuses or is away is told in the
 * log and tried again, and holds up nothing else. `stop` does not wait for Slack either.
 */
export function createCommands(options: SlackAppOptions & { readonly appToken: string }): Conversation {
  const { clock, logger } = options;
  const recent = createRecent(clock);
  let socket: Socket | null = null;
  let stopped = false;
  let wake: () => void = () => {};
  let failures = 0;
  /** The failure that the log has already. */
  let told: string | null = null;

  /** One connection from its start to its end; how long to wait before the next. */
  async function connectOnce(handler: CommandHandler): Promise<number> {
    const startedAt = clock.now();
    try {
      socket = await openSocket({ ...options, handler, recent });
      if (stopped) {
        socket.close();
        return 0;
      }
      logger.info({}, 'Slack commands are on');
      told = null;
      await socket.closed;
    } catch (error) {
      return failed(error instanceof SlackFailure ? error : failureOf(error, 'connection'));
    } finally {
      socket = null;
    }
    failures = clock.now() - startedAt < MIN_LIFE_MS ? failures + 1 : 0;
    return failures === 0 ? 0 : delay(failures);
  }

  function failed(failure: SlackFailure): number {
    failures += 1;
    if (failure.message !== told) logger.error({ reason: failure.message }, 'Slack commands are off');
    told = failure.message;
    return Math.max(delay(failures), failure.retryAfterMs ?? 0);
  }

  async function keepConnected(handler: CommandHandler): Promise<void> {
    while (!stopped) {
      const waitMs = await connectOnce(handler);
      if (waitMs > 0 && !stopped) await sleep(waitMs);
    }
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    async start(handler) {
      void keepConnected(handler);
    },
    async stop() {
      stopped = true;
      socket?.close();
      wake();
    },
  };
}

/** A single waiter has nobody to be spread from. */
function delay(failures: number): number {
  return backoffDelay(failures, RETRY, () => 1);
}
