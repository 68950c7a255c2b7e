import type { Alert } from '../../../src/domain/alert.ts';
import { T0 } from '../../support/make.ts';

/** A failed run's alert, which fires. */
export function makeAlert(id: string, over: Partial<Alert> = {}): Alert {
  return {
    id,
    fingerprint: id,
    rule: 'run-failed',
    severity: 'critical',
    state: 'firing',
    labels: { project: 'lab', host: 'gpu1', run: `configs/${id}.py` },
    summary: 'CUDA out of memory',
    evidence: [],
    startsAt: T0,
    firedAt: T0,
    endsAt: null,
    resolution: null,
    ...over,
  };
}
