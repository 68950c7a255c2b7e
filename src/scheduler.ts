import { type Job, RecurrenceRule, scheduleJob } from 'node-schedule';
import { type DueDigest, dueDigest, firstDigests, type SlotSettings } from './core/digest/slots.ts';
import type { Clock, Logger, Store } from './domain/ports.ts';
import { MINUTE } from './domain/time.ts';

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly settings: SlotSettings;
  /**
   * Makes the digest. It must commit `afterDigest(due)` together with the digest's deliveries: what is
   * not in the store is due again a minute later.
   */
  readonly onDue: (due: DueDigest) => Promise<void>;
  readonly logger: Logger;
}

export interface Scheduler {
  /** Resolves once the store knows where the first window begins and what was due at once is made. */
  start(): Promise<void>;
  /** Nothing begins afterwards; resolves when what was under way is over. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = MINUTE;

/**
 * When a digest is made. The job only wakes up at the second; whether one is due is asked of the store,
 * also at start and every minute. The job alone would not do: node-schedule skips a time that does not
 * exist on the day and fires twice for one that exists twice, and sleeps through a clock that jumps.
 */
export function createScheduler({ clock, store, settings, onDue, logger }: SchedulerOptions): Scheduler {
  let job: Job | null = null;
  let callOffLook = (): void => {};
  let stopped = false;
  let making: Promise<void> | null = null;

  async function start(): Promise<void> {
    job = scheduleJob(ruleOf(settings), makeWhatIsDue);
    await look();
  }

  function look(): Promise<void> {
    callOffLook = clock.after(LOOK_EVERY_MS, look);
    return makeWhatIsDue();
  }

  function makeWhatIsDue(): Promise<void> {
    making ??= make().finally(() => {
      making = null;
    });
    return making;
  }

  async function make(): Promise<void> {
    try {
      await rememberStart();
      const due = dueDigest(clock.now(), store.read().digests, settings);
      if (due !== null && !stopped) await onDue(due);
    } catch (error) {
      logger.error({ err: error }, 'digest failed, trying again in a minute');
    }
  }

  async function rememberStart(): Promise<void> {
    if (store.read().digests.lastSlot !== null) return;
    await store.commit((state) => ({ ...state, digests: firstDigests(clock.now(), settings) }));
  }

  async function stop(): Promise<void> {
    stopped = true;
    callOffLook();
    job?.cancel();
    await making;
  }

  return { start, stop };
}

function ruleOf({ summaryTime, timeZone }: SlotSettings): RecurrenceRule {
  const [hour = 0, minute = 0] = summaryTime.split(':').map(Number);
  const rule = new RecurrenceRule();
  rule.hour = hour;
  rule.minute = minute;
  rule.second = 0;
  rule.tz = timeZone;
  return rule;
}
