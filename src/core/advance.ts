import type { Event } from '../domain/event.ts';
import type { RuleSettings } from '../domain/receiver.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { State } from '../domain/state.ts';
import { DAY } from '../domain/time.ts';
import { keepSame } from '../util/keep-same.ts';
import { type Decision, type DeliveryTable, decideAlerts, decideNotice } from './alerts/decide.ts';
import { evaluateRules } from './alerts/evaluate.ts';
import type { Routing } from './alerts/route.ts';
import { isOwed } from './deliveries/next.ts';
import { diff } from './events/diff.ts';
import { remember } from './events/known.ts';
import { noticesOf } from './events/notices.ts';

/** Rows about matters that are over are kept this long, so that an operator can see what was told. */
const CLOSED_KEPT = DAY;

export interface Advance {
  readonly state: State;
  readonly events: readonly Event[];
  readonly decisions: readonly Decision[];
}

/**
 * Everything one snapshot leads to, in one step and without effects: events, alerts, and what should
 * be standing at each receiver. The caller saves the state in one transaction; where nothing has changed
 * it is the same object, and there is nothing to save.
 */
export function advance(
  state: State,
  snapshot: Snapshot,
  settings: { readonly rules: Readonly<Record<string, RuleSettings>>; readonly routing: Routing },
): Advance {
  const now = snapshot.at;
  const events = diff(state, snapshot);
  const known = remember(state, snapshot);
  const { open, resolved } = evaluateRules(state.alerts, snapshot, known.projects, settings.rules);

  const changed = Object.entries(open)
    .filter(([identity, alert]) => alert.state === 'firing' && state.alerts[identity] !== alert)
    .map(([, alert]) => alert);
  const told = decideAlerts(state.deliveries, [...changed, ...resolved], settings.routing, now);
  const decisions = [...told.decisions];
  let deliveries = told.deliveries;
  for (const notice of noticesOf(events, snapshot)) {
    const decided = decideNotice(deliveries, notice, settings.routing, now);
    deliveries = decided.deliveries;
    decisions.push(...decided.decisions);
  }
  return {
    state: keepSame(state, {
      ...state,
      ...known,
      alerts: keepSame(state.alerts, open),
      deliveries: keepSame(state.deliveries, withoutOld(deliveries, now)),
    }),
    events,
    decisions,
  };
}

function withoutOld(deliveries: DeliveryTable, now: number): DeliveryTable {
  const kept = Object.entries(deliveries).filter(([, row]) => {
    return isOwed(row) || !row.closed || now - row.updatedAt < CLOSED_KEPT;
  });
  return Object.fromEntries(kept);
}
