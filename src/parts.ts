import { homedir } from 'node:os';
import type { Config } from './config/config.ts';
import { undelivered } from './core/deliveries/next.ts';
import { readLogPace } from './core/runs/rhythm.ts';
import { explainEnd } from './core/signatures/explain-end.ts';
import type { Content } from './domain/delivery.ts';
import type { Host } from './domain/host.ts';
import type { Clock, Connector, Follower, FollowerEvents, Logger, Random, Store } from './domain/ports.ts';
import { type Queries, RECENT_MS } from './domain/queries.ts';
import type { Snapshot } from './domain/snapshot.ts';
import { createLocalConnector } from './edge/connectors/local.ts';
import { createSshConnector } from './edge/connectors/ssh.ts';
import { createLocalFollower } from './edge/follow/local.ts';
import { createRemoteFollower } from './edge/follow/remote.ts';
import { createHostReader } from './edge/scan/host-reader.ts';
import { createHistory } from './edge/storage/history.ts';
import { createSummaries } from './edge/storage/summaries.ts';
import { historyFolder } from './folders.ts';
import { createMonitor, type Monitor } from './monitor.ts';
import { createSummaryAgent, type SummaryAgent } from './summary-agent.ts';
import { memoize } from './util/memoize.ts';

/** What every part is given. */
export interface Base {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly redact: (text: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const TAILS_REMEMBERED = 500;

/** The monitor over all hosts of the configuration, and the bot's own machine where a project is read there. */
export function openMonitor(
  base: Base,
  onSnapshot: (snapshot: Snapshot) => void,
  onProgress: (host: string, progress: { readonly done: number; readonly total: number } | null) => void,
): Monitor {
  const { config, clock, random, logger, redact } = base;
  return createMonitor({
    hosts: hostsOf(config),
    projects: config.projects,
    reader: (host, onRead) =>
      createHostReader({
        host,
        projects: config.projects.filter((project) => project.readFrom === host.name),
        roots: config.projects.filter(({ runsOn }) => runsOn.includes(host.name)).map(({ root }) => root),
        connector: connectorTo(host, base),
        clock,
        random,
        follow: (connector, on) => follow(host, connector, on, base),
        redact,
        onProgress: onRead,
      }),
    // The tails of running logs are asked about at every snapshot, and are the same most of the time.
    tailReader: {
      explain: memoize((tail: string) => explainEnd(redact(tail)), TAILS_REMEMBERED),
      pace: memoize(readLogPace, TAILS_REMEMBERED),
    },
    onSnapshot,
    onProgress,
    clock,
    random,
    logger,
  });
}

function hostsOf({ hosts, projects }: Config): readonly Host[] {
  const missing = projects.some(({ readFrom }) => !hosts.some(({ name }) => name === readFrom));
  const [first] = hosts;
  if (!missing || first === undefined) return hosts;
  return [...hosts, { name: 'localhost', ssh: null, gpus: 'all', probeIntervalMs: first.probeIntervalMs }];
}

function connectorTo({ name, ssh }: Host, { clock, random, logger, env }: Base): Connector {
  if (ssh === null) return createLocalConnector({ clock });
  return createSshConnector({ name, ssh, clock, random, logger, env, home: env.HOME ?? homedir() });
}

function follow(host: Host, connector: Connector, on: FollowerEvents, base: Base): Follower {
  const { clock, random, logger } = base;
  const onProblem = (reason: string): void => logger.warn({ host: host.name, reason }, 'logs not followed');
  if (host.ssh === null) return createLocalFollower({ clock, on, onProblem });
  return createRemoteFollower({ connector, clock, random, on, onProblem });
}

/** The summary agent over the history and the folder of summaries. */
export function openSummaryAgent(
  { config, clock, logger }: Base,
  parts: {
    readonly store: Store;
    readonly snapshot: () => Snapshot;
    readonly markdown: (content: Content) => string;
    readonly onDeliveries: () => void;
  },
): SummaryAgent {
  const onProblem = (reason: string): void => logger.error({ reason }, 'summary files');
  const history = createHistory({ directory: historyFolder(config), onProblem });
  const summaries = createSummaries({ directory: config.summary.directory, onProblem });
  const { retentionDays } = config.summary;
  return createSummaryAgent({
    ...parts,
    files: {
      ...history,
      ...summaries,
      async prune(now) {
        await history.prune(now, retentionDays);
        await summaries.prune(now, retentionDays);
      },
    },
    routing: config,
    settings: { ...config.summary, ...config.thresholds, timeZone: config.timeZone },
    clock,
    logger,
  });
}

/** What commands ask: answered from the last snapshot and the open alerts. */
export function openQueries(
  clock: Clock,
  parts: {
    readonly monitor: Monitor;
    readonly store: Store;
    readonly agent: SummaryAgent;
    readonly since: number | null;
  },
): Queries {
  const { monitor, store, agent, since } = parts;
  return {
    now: clock.now,
    snapshot: monitor.snapshot,
    alerts: () => Object.values(store.read().alerts),
    undelivered: () => undelivered(store.read().deliveries),
    bot: () => ({ running: since !== null, since, observedTodayPct: since === null ? null : agent.observedPct() }),
    probe: monitor.probe,
    logTail: monitor.logTail,
    events: (from) => agent.events(from ?? clock.now() - RECENT_MS),
    async digest(date) {
      const digest = await agent.summary(date);
      return digest === null ? null : { ...digest };
    },
  };
}
