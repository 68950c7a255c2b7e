import type { Config } from './config/config.ts';
import { evaluateRules } from './core/alerts/evaluate.ts';
import { eventText } from './core/views/event-text.ts';
import type { Event } from './domain/event.ts';
import type { Store } from './domain/ports.ts';
import type { Queries } from './domain/queries.ts';
import type { RuleSettings } from './domain/receiver.ts';
import { EMPTY_STATE } from './domain/state.ts';
import type { Instant } from './domain/time.ts';
import { openMonitor, openQueries, openSummaryAgent } from './parts.ts';
import { openRenderer } from './renderer.ts';
import { systemClock } from './util/clock.ts';
import { openLog } from './util/log.ts';
import { createRedactor } from './util/redact.ts';

export interface Look {
  readonly queries: Queries;
  /** Masks the secrets of this configuration. */
  readonly redact: (text: string) => string;
  close(): Promise<void>;
}

/** Nothing is remembered of a single look. */
const NO_STORE: Store = { read: () => EMPTY_STATE, commit: () => Promise.resolve() };

/** One look at everything, for a command without a running bot. Writes nothing. */
export async function lookOnce(
  config: Config,
  io: { readonly err: NodeJS.WritableStream; readonly env: Readonly<Record<string, string | undefined>> },
  onProgress: (host: string, progress: { readonly done: number; readonly total: number } | null) => void = () =>
    undefined,
): Promise<Look> {
  const redact = createRedactor(config.secrets, config.redact);
  const log = await openLog({
    folder: null,
    level: config.logLevel,
    terminal: { stream: io.err, color: false, level: 'error' },
    redact,
  });
  const base = { config, clock: systemClock, random: Math.random, logger: log.logger, redact, env: io.env };
  const ofLaunchers: Event[] = [];
  const monitor = openMonitor(
    base,
    ({ projects }) => ofLaunchers.push(...projects.flatMap(({ launcher }) => launcher?.events ?? [])),
    onProgress,
  );
  const agent = openSummaryAgent(base, {
    store: NO_STORE,
    snapshot: monitor.snapshot,
    markdown: openRenderer(config, () => undefined).markdown,
    onDeliveries: () => undefined,
  });
  const seen = await monitor.probe(null);
  await agent.start();
  // Before its first sample, which it would write down.
  agent.stop();
  const queries = openQueries(systemClock, { monitor, store: NO_STORE, agent, since: null });
  const { open } = evaluateRules({}, monitor.snapshot(), {}, withoutWaiting(config.rules));
  return {
    redact,
    // What was just seen is not looked at again.
    queries: {
      ...queries,
      alerts: () => Object.values(open),
      events: async (since) => withNews(await queries.events(since), ofLaunchers, since),
      probe: async (host) => seen.filter(({ name }) => host === null || name === host),
    },
    async close() {
      await monitor.stop();
      await log.close();
    },
  };
}

/** A look reads the logs of launchers from their beginning; a bot may have kept a part of that. */
function withNews(kept: readonly Event[], read: readonly Event[], since: Instant | null): Event[] {
  const known = new Set(kept.map(identityOf));
  const news = read.filter((event) => (since === null || event.at >= since) && !known.has(identityOf(event)));
  return [...kept, ...news].sort((a, b) => a.at - b.at);
}

function identityOf(event: Event): string {
  return JSON.stringify([event.at, 'project' in event ? event.project : null, eventText(event)]);
}

/** What a single look shows cannot have held for a while; it is shown all the same. */
function withoutWaiting(rules: Config['rules']): Record<string, RuleSettings> {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, { ...rule, holdForMs: 0 }]));
}
