import type { Delivery } from '../../src/domain/delivery.ts';
import { T0 } from './make.ts';

/** A message that was never tried. */
export function makeRow(key: string, over: Partial<Delivery> = {}): Delivery {
  return {
    key,
    receiver: 'lab',
    group: 'lab',
    desired: { template: 'run-finished', kind: 'notice', severity: 'info', resolved: false, data: {} },
    desiredVersion: 1,
    alertIds: [],
    delivered: null,
    deliveredVersion: 0,
    deliveredAt: null,
    receipt: null,
    detailsOwed: false,
    notBefore: T0,
    attempts: 0,
    nextAttemptAt: T0,
    lastError: null,
    gaveUp: false,
    closed: false,
    createdAt: T0,
    updatedAt: T0,
    ...over,
  };
}
