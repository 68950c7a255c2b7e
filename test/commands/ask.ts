import { answer } from '../../src/commands/answer.ts';
import type { Queries } from '../../src/domain/queries.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { T0 } from '../support/make.ts';

/** What is answered about this snapshot. */
export function askAbout(snapshot: Snapshot, text: string, over: Partial<Queries> = {}) {
  const queries: Queries = {
    now: () => T0,
    snapshot: () => snapshot,
    alerts: () => [],
    undelivered: () => [],
    bot: () => ({ running: true, since: T0, observedTodayPct: null }),
    probe: async () => snapshot.hosts,
    logTail: async () => null,
    events: async () => [],
    digest: async () => null,
    ...over,
  };
  return answer(text, queries, { users: true, commands: false, redact: (shown) => shown.replaceAll('hunter2', '***') });
}
