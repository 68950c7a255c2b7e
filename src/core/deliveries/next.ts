import type { Delivery } from '../../domain/delivery.ts';
import type { Instant } from '../../domain/time.ts';
import { groupBy } from '../../util/group-by.ts';
import type { DeliveryTable } from '../alerts/decide.ts';

/** Whether the platform does not yet show what it should, and there is sense in trying. */
export function isOwed(row: Delivery): boolean {
  return (row.deliveredVersion < row.desiredVersion || row.detailsOwed) && !row.gaveUp;
}

/** When the row may be sent. */
export function readyAt(row: Delivery): Instant {
  return Math.max(row.notBefore, row.nextAttemptAt);
}

/** What each receiver is owed, the row that may go first at the head. */
export function owedByReceiver(deliveries: DeliveryTable): Map<string, Delivery[]> {
  const owed = Object.values(deliveries).filter(isOwed);
  owed.sort((a, b) => readyAt(a) - readyAt(b) || a.createdAt - b.createdAt);
  return groupBy(owed, (row) => row.receiver);
}

/** A platform that fails this often in a row is more than slow. */
const WORRYING_ATTEMPTS = 3;

/** Receivers that something could not be told to, and the newest reason. */
export function undelivered(deliveries: DeliveryTable): { receiver: string; reason: string }[] {
  const reasons = new Map<string, string>();
  const rows = Object.values(deliveries).sort((a, b) => a.updatedAt - b.updatedAt);
  for (const { receiver, gaveUp, attempts, lastError } of rows) {
    if (lastError !== null && (gaveUp || attempts >= WORRYING_ATTEMPTS)) reasons.set(receiver, lastError);
  }
  return [...reasons].map(([receiver, reason]) => ({ receiver, reason }));
}
