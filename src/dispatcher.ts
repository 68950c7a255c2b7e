import { repliesFor } from './core/alerts/content.ts';
import { owedByReceiver, readyAt } from './core/deliveries/next.ts';
import { abandoned, begun, delivered, failed, type Told } from './core/deliveries/outcome.ts';
import { type Content, type Delivery, DeliveryError, type Receipt } from './domain/delivery.ts';
import type { Message } from './domain/message.ts';
import type { Channel, Clock, Logger, Random, Store } from './domain/ports.ts';
import { type Instant, SECOND } from './domain/time.ts';

export interface Dispatcher {
  /** Looks at what is owed; to be called whenever the state has changed. */
  wake(): void;
  /** Settles once nothing is under way; nothing is begun any more. */
  stop(): Promise<void>;
}

interface Parts {
  readonly store: Store;
  /** By receiver. */
  readonly channels: ReadonlyMap<string, Channel>;
  readonly render: (content: Content) => Message;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What could not be stored is not sent; the next try comes after this. */
const STORE_RETRY = 5 * SECOND;

/** A stopping bot waits this long for what is under way; what is cut off is owed at the next start. */
const LAST_WORDS = 10 * SECOND;

/**
 * Makes every platform show what is desired. Each receiver has a lane of its own, one message at a
 * time, so that a slow or dead platform delays nobody else. This is the only place that retries.
 */
export function createDispatcher({ store, channels, render, clock, random, logger }: Parts): Dispatcher {
  const busy = new Map<string, Promise<void>>();
  /** A platform that asked for patience is left alone, whichever message it was about. */
  const pausedUntil = new Map<string, Instant>();
  let cancelTimer: () => void = () => undefined;
  let stopped = false;
  /** The store may have a new owner: what still comes in is not ours to write. */
  let closed = false;

  function wake(): void {
    cancelTimer();
    if (stopped) return;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [receiver, [first]] of owedByReceiver(store.read().deliveries)) {
      if (first === undefined || busy.has(receiver)) continue;
      const at = Math.max(readyAt(first), pausedUntil.get(receiver) ?? 0);
      if (at <= clock.now()) begin(receiver, first);
      else earliest = Math.min(earliest, at);
    }
    if (earliest < Number.POSITIVE_INFINITY) cancelTimer = clock.after(earliest - clock.now(), wake);
  }

  function begin(receiver: string, row: Delivery): void {
    const work = deliver(row)
      .catch((error: unknown) => {
        logger.error({ receiver, err: error }, 'state not stored, delivery waits');
        pausedUntil.set(receiver, clock.now() + STORE_RETRY);
      })
      .finally(() => {
        busy.delete(receiver);
        wake();
      });
    busy.set(receiver, work);
  }

  async function deliver(row: Delivery): Promise<void> {
    const channel = channels.get(row.receiver);
    if (channel === undefined) return replace(row.key, abandoned);
    // The barrier: what is about to be told, and that it is, must be on disk first.
    await replace(row.key, begun);
    const result = await attempt(channel, row);
    if (result instanceof DeliveryError) {
      if (result.retryAfterMs !== null) pausedUntil.set(row.receiver, clock.now() + result.retryAfterMs);
      const fields = { receiver: row.receiver, key: row.key, reason: result.message, attempts: row.attempts + 1 };
      if (result.permanent) logger.error(fields, 'delivery given up');
      else logger.warn(fields, 'delivery failed, will be tried again');
      return replace(row.key, (current) => failed(current, result, clock.now(), random));
    }
    logger.info({ receiver: row.receiver, key: row.key, version: row.desiredVersion }, 'delivered');
    return replace(row.key, (current) => delivered(current, result, clock.now()));
  }

  async function attempt(channel: Channel, row: Delivery): Promise<Told | DeliveryError> {
    try {
      if (row.deliveredVersion >= row.desiredVersion) return await tellDetails(channel, row);
      const receipt = await tell(channel, row);
      const detailsOwed = receipt !== null && channel.detail !== undefined;
      return { content: row.desired, version: row.desiredVersion, receipt, detailsOwed };
    } catch (error) {
      if (error instanceof DeliveryError) return error;
      return new DeliveryError(error instanceof Error ? error.message : String(error), { permanent: false });
    }
  }

  async function tellDetails(channel: Channel, row: Delivery): Promise<Told> {
    const content = row.delivered ?? row.desired;
    const receipt = row.receipt && ((await channel.detail?.(row.receipt, render(content))) ?? row.receipt);
    return { content, version: row.deliveredVersion, receipt, detailsOwed: false };
  }

  /** @returns the receipt of the message that stands there now; null where nothing had to be told */
  async function tell(channel: Channel, row: Delivery): Promise<Receipt | null> {
    if (row.delivered === null) {
      // After an attempt whose answer was lost nobody knows that nothing stands there.
      const moot = row.desired.kind === 'alert' && row.desired.resolved && row.attempts === 0;
      return moot ? null : channel.send(render(row.desired), row.key);
    }
    const key = `${row.key}#${row.desiredVersion}`;
    const replies = repliesFor(row.delivered, row.desired);
    if (row.receipt === null || channel.update === undefined) {
      await sayAll(channel, row.receipt, replies, key);
      return row.receipt;
    }
    const edited = await edit(channel, row.receipt, row.desired, key);
    if (edited !== row.receipt) await replace(row.key, (current) => ({ ...current, receipt: edited }));
    // Where nobody can answer in a thread, the edit alone tells of an end; only news is worth a new message.
    const worthy = channel.reply === undefined ? replies.filter(({ resolved }) => !resolved) : replies;
    await sayAll(channel, edited, worthy, key);
    return edited;
  }

  async function edit(channel: Channel, receipt: Receipt, content: Content, key: string): Promise<Receipt> {
    const message = render(content);
    try {
      return (await channel.update?.(receipt, message)) ?? receipt;
    } catch (error) {
      if (!(error instanceof DeliveryError) || !error.messageGone) throw error;
      return channel.send(message, `${key}~again`);
    }
  }

  async function sayAll(
    channel: Channel,
    receipt: Receipt | null,
    contents: readonly Content[],
    key: string,
  ): Promise<void> {
    for (const content of contents) {
      const message = render(content);
      const own = `${key}${content.resolved ? '-ended' : ''}`;
      if (receipt !== null && channel.reply !== undefined) await channel.reply(receipt, message, own);
      else await channel.send(message, own);
    }
  }

  async function replace(key: string, change: (row: Delivery) => Delivery): Promise<void> {
    if (closed) return;
    await store.commit((state) => {
      const row = state.deliveries[key];
      return row === undefined ? state : { ...state, deliveries: { ...state.deliveries, [key]: change(row) } };
    });
  }

  return {
    wake,
    async stop() {
      stopped = true;
      cancelTimer();
      let cancelWait: () => void = () => undefined;
      const patience = new Promise<void>((resolve) => {
        cancelWait = clock.after(LAST_WORDS, resolve);
      });
      await Promise.race([Promise.allSettled(busy.values()), patience]);
      cancelWait();
      closed = true;
    },
  };
}
