import { type Advance, advance } from './core/advance.ts';
import type { Routing } from './core/alerts/route.ts';
import type { Event } from './domain/event.ts';
import type { Logger, Store } from './domain/ports.ts';
import type { RuleSettings } from './domain/receiver.ts';
import type { Snapshot } from './domain/snapshot.ts';

interface Parts {
  readonly store: Store;
  readonly rules: Readonly<Record<string, RuleSettings>>;
  readonly routing: Routing;
  readonly logger: Logger;
  readonly onEvents: (events: readonly Event[]) => void;
  /** Called once what is to be told is on disk. */
  readonly onSaved: () => void;
}

/** Takes each snapshot to its events, alerts and deliveries, in one transaction, and logs why. */
export function createObserver({
  store,
  rules,
  routing,
  logger,
  onEvents,
  onSaved,
}: Parts): (snapshot: Snapshot) => void {
  return (snapshot) => {
    let result: Advance | undefined;
    const saved = store.commit((state) => {
      result = advance(state, snapshot, { rules, routing });
      return result.state;
    });
    for (const event of result?.events ?? []) logger.info({ event }, 'event');
    for (const decision of result?.decisions ?? []) logger.info(decision, decision.told ? 'to be told' : 'not told');
    onEvents(result?.events ?? []);
    // What could not be saved stays in memory and is saved with the next change; nothing of it is sent before.
    saved.then(onSaved, (error: unknown) => logger.error({ err: error }, 'state not saved'));
  };
}
