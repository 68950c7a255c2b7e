import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCacheKeeper } from './cache-keeper.ts';
import { answer } from './commands/answer.ts';
import type { Config } from './config/config.ts';
import { decideNotice } from './core/alerts/decide.ts';
import { revived } from './core/deliveries/outcome.ts';
import { createDispatcher } from './dispatcher.ts';
import type { CommandHandler, RunsCache, Store } from './domain/ports.ts';
import type { State } from './domain/state.ts';
import { SECOND } from './domain/time.ts';
import { createTerminalConversation, renderText } from './edge/channels/console/index.ts';
import { createChannels } from './edge/channels/index.ts';
import { controlSocketPath, startControl } from './edge/http/control.ts';
import { acquireLock } from './edge/storage/lock.ts';
import { readRunsCache, writeRunsCache } from './edge/storage/runs-cache.ts';
import { openStateStore } from './edge/storage/state-store.ts';
import { logFolder, runsCacheFile, stateFolder, templatesFolder } from './folders.ts';
import { createObserver } from './observer.ts';
import { openMonitor, openQueries, openSummaryAgent } from './parts.ts';
import { openRenderer } from './renderer.ts';
import { createScheduler } from './scheduler.ts';
import { systemClock } from './util/clock.ts';
import { openLog } from './util/log.ts';
import { createRedactor } from './util/redact.ts';

/** Where the bot talks to the person who started it. */
export interface AppIo {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  readonly input: NodeJS.ReadableStream;
  readonly style: { readonly color: boolean; readonly width: number };
  /** Someone types at a terminal. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interrupt: () => void;
}

export interface App {
  stop(): Promise<void>;
}

/** What is seen by then is shown at the start; a host that is slow shows up later. */
const GREETING_WAIT = 3 * SECOND;

/** Builds the bot in the order in which its parts need each other, starts it, and stops it in reverse. */
export async function startApp(config: Config, io: AppIo): Promise<App> {
  const clock = systemClock;
  const random = Math.random;
  const socket = await controlSocketPath(stateFolder(config));
  const lock = await acquireLock(stateFolder(config), socket);

  const redact = createRedactor(config.secrets, config.redact);
  const log = await openLog({
    folder: logFolder(config),
    level: config.logLevel,
    terminal: { stream: io.err, color: io.style.color, level: terminalLevel(config.logLevel, io.interactive) },
    redact,
  });
  const { logger } = log;
  const base = { config, clock, random, logger, redact, env: io.env };

  const { store, recovery } = await openStateStore(stateFolder(config));
  const renderer = openRenderer(config, (reason) => logger.warn({ reason }, 'template not usable'));
  const terminal = createTerminalConversation({ ...io.style, ...io, output: io.out });
  const { byReceiver, conversations } = createChannels(
    config.receivers,
    {
      ...config.channels,
      emailFrame: readFileSync(join(templatesFolder, 'email.html'), 'utf8'),
      console: { ...io.style, write: terminal.print },
    },
    { clock, logger },
  );
  const dispatcher = createDispatcher({ store, channels: byReceiver, render: renderer.render, clock, random, logger });

  const observe = createObserver({
    store,
    rules: config.rules,
    routing: config,
    logger,
    onEvents(events) {
      agent.collect(events);
      // Epochs come every few seconds on a large fleet, and the cache may be megabytes.
      if (events.some(({ kind }) => kind !== 'epochs-completed')) keeper.touch();
    },
    onSaved: dispatcher.wake,
  });
  const monitor = openMonitor(base, observe, () => undefined);
  const cached = await readRunsCache(runsCacheFile(config));
  if (cached !== null) monitor.restore(cached);
  for (const [project, { launcherLog }] of Object.entries(store.read().projects)) {
    if (launcherLog !== null) monitor.resumeLog(project, launcherLog);
  }
  const write = (cache: RunsCache): Promise<void> => writeRunsCache(runsCacheFile(config), cache);
  const keeper = createCacheKeeper({ cache: monitor.cache, write, clock, logger });
  const agent = openSummaryAgent(base, {
    store,
    snapshot: monitor.snapshot,
    markdown: renderer.markdown,
    onDeliveries: dispatcher.wake,
  });
  const settings = { summaryTime: config.summary.summaryTime, timeZone: config.timeZone };
  const scheduler = createScheduler({ clock, store, settings, onDue: agent.makeDigest, logger });

  const queries = openQueries(clock, { monitor, store, agent, since: clock.now() });
  const privacy = { ...config.privacy, redact };
  const handler: CommandHandler = async (text) => {
    const given = await answer(text, queries, privacy);
    return renderer.render({ kind: 'answer', severity: null, resolved: false, ...given });
  };
  const control = await startControl(socket, (text) => answer(text, queries, privacy));
  const talks = [terminal, ...conversations];
  let stopping = false;

  await store.commit((state) => reviveAll(state, clock.now()));
  if (recovery !== null) await tellRecovery(recovery, store, config, clock.now());
  await agent.start();
  monitor.start();
  dispatcher.wake();
  logger.info({ config: config.file, hosts: config.hosts.length, projects: config.projects.length }, 'bot started');

  for (const talk of talks) {
    talk.start(handler).catch((error: unknown) => logger.error({ err: error }, 'conversation not started'));
  }
  const firstLook = monitor.probe(null);
  // A digest that was missed is due at once, and tells of what is seen.
  const scheduled = firstLook.then(() => (config.summary.enabled && !stopping ? scheduler.start() : undefined));
  // A newcomer without a configuration has one machine, and sees it whole.
  const greetings = config.file === null ? ['probe', 'status'] : ['status'];
  const greeting = Promise.race([
    firstLook,
    new Promise((resolve) => clock.after(GREETING_WAIT, () => resolve(null))),
  ]).then(async () => {
    for (const question of greetings) {
      const message = await handler(question, { channel: 'console', user: 'terminal' });
      terminal.print(`${renderText(message, io.style)}\n`);
    }
  });

  return {
    async stop() {
      stopping = true;
      await greeting;
      await Promise.allSettled(talks.map((talk) => talk.stop()));
      await control.close();
      await monitor.stop();
      await scheduled;
      await scheduler.stop();
      await keeper.stop();
      agent.stop();
      await dispatcher.stop();
      await store.commit((state) => state).catch((error: unknown) => logger.error({ err: error }, 'state not saved'));
      logger.info({}, 'bot stopped');
      await log.close();
      await lock.release();
    },
  };
}

/** A person at the terminal reads messages there; what goes well is in the files. */
function terminalLevel(level: string, interactive: boolean): string {
  return interactive && level === 'info' ? 'warn' : level;
}

function reviveAll(state: State, now: number): State {
  const rows = Object.entries(state.deliveries).map(([key, row]) => [key, revived(row, now)]);
  return { ...state, deliveries: Object.fromEntries(rows) };
}

function tellRecovery(text: string, store: Store, config: Config, now: number): Promise<void> {
  const content = {
    template: 'recovered',
    kind: 'notice',
    severity: 'warning',
    resolved: false,
    data: { text },
  } as const;
  const notice = { name: 'recovered', labels: { event: 'state-recovered', severity: 'warning' }, content };
  return store.commit((state) => {
    const { deliveries } = decideNotice(state.deliveries, notice, config, now);
    return { ...state, deliveries };
  });
}
