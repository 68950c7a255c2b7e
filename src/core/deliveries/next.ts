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
