import { decideNotice } from './core/alerts/decide.ts';
import type { Routing } from './core/alerts/route.ts';
import { buildDigest } from './core/digest/build-digest.ts';
import { cutDigest } from './core/digest/cut-digest.ts';
import { addEntry, type DailyMetrics, emptyMetrics } from './core/digest/daily-metrics.ts';
import { fleetSample } from './core/digest/fleet-sample.ts';
import { afterDigest, type DueDigest, lastSlot, nextSlot, type SlotSettings } from './core/digest/slots.ts';
import type { Content } from './domain/delivery.ts';
import type { DigestSection, DigestView, HistoryEntry } from './domain/digest.ts';
import type { Event } from './domain/event.ts';
import type { Clock, Logger, Store } from './domain/ports.ts';
import type { Snapshot } from './domain/snapshot.ts';
import type { Instant } from './domain/time.ts';

/** What the agent needs of the history and of the folder of summaries. */
export interface SummaryFiles {
  append(entry: HistoryEntry): void;
  readSince(from: Instant): AsyncIterable<HistoryEntry>;
  write(digest: DigestView, markdown: string): Promise<void>;
  readMetrics(date: string): Promise<DigestView | null>;
  /** Removes what is older than the configuration keeps. */
  prune(now: Instant): Promise<void>;
}

export interface SummarySettings extends SlotSettings {
  readonly metricsIntervalMs: number;
  readonly sections: readonly DigestSection[];
  readonly nearCompletionPct: number;
  readonly longRunningDays: number;
}

export interface SummaryAgent {
  /** Takes the day's metrics up again from the history. */
  start(): Promise<void>;
  stop(): void;
  /** Events as they happen; also kept in the history. */
  collect(events: readonly Event[]): void;
  /** Everything kept that happened since then, oldest first. */
  events(since: Instant): Promise<readonly Event[]>;
  /** The digest of today so far, or of a kept date; null where nothing is kept for that date. */
  summary(date: string | null): Promise<DigestView | null>;
  /** Makes the scheduled digest: its files, and its deliveries in one transaction with its slot. */
  makeDigest(due: DueDigest): Promise<void>;
  /** How much of today was observed, 0 to 100; null before there is a sample. */
  observedPct(): number | null;
}

interface Parts {
  readonly store: Store;
  readonly files: SummaryFiles;
  readonly snapshot: () => Snapshot;
  readonly markdown: (content: Content) => string;
  readonly routing: Routing;
  readonly settings: SummarySettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when deliveries were added. */
  readonly onDeliveries: () => void;
}

/** The plan's SummaryAgent: collects the day's metrics and tells them, on its time or when asked. */
export function createSummaryAgent(parts: Parts): SummaryAgent {
  const { store, files, snapshot, markdown, routing, settings, clock, logger, onDeliveries } = parts;
  let metrics: DailyMetrics = emptyMetrics(clock.now(), settings.metricsIntervalMs);
  let arrived: HistoryEntry[] | null = null;
  let sampled = false;
  let cancelSample: () => void = () => undefined;

  async function start(): Promise<void> {
    await takeUp(windowStart());
    scheduleSample(0);
  }

  /** Makes the metrics anew from the history; what comes in meanwhile is added behind it. */
  async function takeUp(from: Instant): Promise<void> {
    const cutoff = clock.now();
    const meanwhile: HistoryEntry[] = [];
    arrived = meanwhile;
    const folded = await fold(from, cutoff + 1);
    arrived = null;
    metrics = meanwhile.filter((entry) => instantOf(entry) > cutoff).reduce(addEntry, folded);
  }

  /** Over what happened from `from` on and before `to`. */
  async function fold(from: Instant, to: Instant): Promise<DailyMetrics> {
    let folded = emptyMetrics(from, settings.metricsIntervalMs);
    for await (const entry of files.readSince(from)) {
      if (instantOf(entry) < to) folded = addEntry(folded, entry);
    }
    return folded;
  }

  async function eventsSince(since: Instant): Promise<Event[]> {
    const events: Event[] = [];
    for await (const entry of files.readSince(since)) if (entry.t === 'event') events.push(entry.event);
    // What a launcher did is learnt after the fact.
    return events.sort((a, b) => a.at - b.at);
  }

  function windowStart(): Instant {
    return store.read().digests.lastSlot ?? lastSlot(clock.now(), settings).at;
  }

  function scheduleSample(waitMs: number): void {
    cancelSample = clock.after(waitMs, () => {
      const current = snapshot();
      const ready = current.hosts.some((host) => host.reachable !== null);
      if (ready) add({ t: 'sample', sample: fleetSample({ ...current, at: clock.now() }) });
      sampled ||= ready;
      // Until the first probe has ended there is nothing to sample; it takes seconds, not minutes.
      scheduleSample(ready ? settings.metricsIntervalMs : Math.min(1000, settings.metricsIntervalMs));
    });
  }

  function add(entry: HistoryEntry): void {
    files.append(entry);
    arrived?.push(entry);
    metrics = addEntry(metrics, entry);
  }

  function build(due: DueDigest, from: DailyMetrics): DigestView {
    return buildDigest({
      metrics: from,
      snapshot: snapshot(),
      window: due.window,
      label: due.label,
      timeZone: settings.timeZone,
      settings,
      late: due.late,
      missed: due.missed,
    });
  }

  function todaySoFar(): DigestView {
    const now = clock.now();
    const { label } = nextSlot(now, settings);
    return build({ label, window: { from: metrics.from, to: now }, late: false, missed: [] }, metrics);
  }

  async function makeDigest(due: DueDigest): Promise<void> {
    const digest = build(due, await fold(due.window.from, due.window.to));
    await saveFiles(digest);
    const content = digestContent(cutDigest(digest));
    await store.commit((state) => {
      const notice = { name: digest.date, labels: { severity: 'info' }, content };
      const { deliveries } = decideNotice(state.deliveries, notice, routing, clock.now());
      return { ...state, deliveries, digests: afterDigest(due) };
    });
    await takeUp(due.window.to);
    logger.info({ date: digest.date, late: due.late }, 'digest made');
    onDeliveries();
  }

  async function saveFiles(digest: DigestView): Promise<void> {
    await files.write(digest, markdown(digestContent(digest)));
    await files.prune(clock.now());
  }

  return {
    start,
    stop: () => cancelSample(),
    collect(events) {
      for (const event of events) add({ t: 'event', event });
    },
    events: eventsSince,
    async summary(date) {
      const today = todaySoFar();
      return date === null || date === today.date ? today : files.readMetrics(date);
    },
    makeDigest,
    observedPct: () => (sampled ? todaySoFar().observed_pct : null),
  };
}

function digestContent(digest: DigestView): Content {
  return { template: 'digest', kind: 'digest', severity: null, resolved: false, data: { ...digest } };
}

function instantOf(entry: HistoryEntry): Instant {
  return entry.t === 'event' ? entry.event.at : entry.sample.at;
}
