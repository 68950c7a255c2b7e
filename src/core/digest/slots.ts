import { DateTime } from 'luxon';
import type { State } from '../../domain/state.ts';
import { DAY, type Instant, isoTime, MINUTE } from '../../domain/time.ts';

export interface SlotSettings {
  /** Local time of day, `HH:MM`. */
  readonly summaryTime: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** When a digest is scheduled, and the local date (YYYY-MM-DD) it is about. */
export interface Slot {
  readonly at: Instant;
  readonly label: string;
}

export interface DueDigest {
  readonly label: string;
  readonly window: { readonly from: Instant; readonly to: Instant };
  /** Its slot passed while nothing ran. */
  readonly late: boolean;
  /** Labels since the last digest that got none of their own. */
  readonly missed: readonly string[];
}

type Digests = State['digests'];

/** Later than this after its slot a digest is marked late; a running bot looks every minute. */
const LATE_AFTER_MS = 2 * MINUTE;

/** A bot that was away for longer than this names only the latest of the missed dates. */
const MOST_MISSED = 366;

/** The newest slot that is not after `now`. */
export function lastSlot(now: Instant, settings: SlotSettings): Slot {
  const today = localDate(now, settings);
  for (const day of [today, today - DAY]) {
    const slot = slotOn(day, settings);
    if (slot.at <= now) return slot;
  }
  // Yesterday's was moved past midnight.
  return slotOn(today - 2 * DAY, settings);
}

/** The first slot after `now`. */
export function nextSlot(now: Instant, settings: SlotSettings): Slot {
  const today = localDate(now, settings);
  for (const day of [today - DAY, today]) {
    const slot = slotOn(day, settings);
    if (slot.at > now) return slot;
  }
  return slotOn(today + DAY, settings);
}

/**
 * What a bot that has never made a digest takes as its last one: nothing is due before the next slot,
 * whose window then begins at a slot like any other.
 */
export function firstDigests(now: Instant, settings: SlotSettings): Digests {
  const slot = lastSlot(now, settings);
  return { lastLabel: slot.label, lastSlot: slot.at };
}

/** What to remember, in the same commit that makes the digest's deliveries. */
export function afterDigest(due: DueDigest): Digests {
  return { lastLabel: due.label, lastSlot: due.window.to };
}

/**
 * The digest that is owed now, or null. Slots and labels only ever go forward from what is remembered:
 * no label comes twice, whatever the clock or the settings do meanwhile. Several missed slots make one
 * digest, of the newest.
 */
export function dueDigest(now: Instant, digests: Digests, settings: SlotSettings): DueDigest | null {
  if (digests.lastSlot === null || digests.lastLabel === null) return null;
  const slot = lastSlot(now, settings);
  if (slot.at <= digests.lastSlot || slot.label <= digests.lastLabel) return null;
  return {
    label: slot.label,
    window: { from: digests.lastSlot, to: slot.at },
    late: now - slot.at > LATE_AFTER_MS,
    missed: datesBetween(digests.lastLabel, slot.label),
  };
}

/** A date without a zone, as its midnight in UTC: there every day has 24 hours. */
function localDate(now: Instant, { timeZone }: SlotSettings): Instant {
  const { year, month, day } = DateTime.fromMillis(now, { zone: timeZone });
  return Date.UTC(year, month - 1, day);
}

/**
 * The slot of a local date. A time that does not exist on it moves forward by the length of the gap; of
 * one that exists twice the first counts. The label is made from the date and not from the instant,
 * which the move can carry past midnight.
 */
function slotOn(date: Instant, { summaryTime, timeZone }: SlotSettings): Slot {
  const local = DateTime.fromISO(`${isoDate(date)}T${summaryTime}`, { zone: timeZone });
  const at = Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()));
  return { at, label: isoDate(summaryTime >= '12:00' ? date : date - DAY) };
}

function isoDate(date: Instant): string {
  return isoTime(date).slice(0, 10);
}

function datesBetween(before: string, after: string): string[] {
  const oldest = Math.max(Date.parse(before) + DAY, Date.parse(after) - MOST_MISSED * DAY);
  const dates: string[] = [];
  for (let date = oldest; date < Date.parse(after); date += DAY) dates.push(isoDate(date));
  return dates;
}
