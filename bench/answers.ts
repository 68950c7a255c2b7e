import { readFileSync } from 'node:fs';
import { answer } from '../src/commands/answer.ts';
import { buildDigest } from '../src/core/digest/build-digest.ts';
import { addSample, type DailyMetrics, emptyMetrics } from '../src/core/digest/daily-metrics.ts';
import type { DigestView, FleetSample } from '../src/domain/digest.ts';
import type { Queries } from '../src/domain/queries.ts';
import type { Snapshot } from '../src/domain/snapshot.ts';
import { DAY, MINUTE } from '../src/domain/time.ts';
import { templatesFolder } from '../src/folders.ts';
import { createRenderer } from '../src/messages/renderer.ts';
import { T0 } from '../test/support/make.ts';
import { daySamples, fleetRuns, fleetSnapshot, mixedRun } from './fleet.ts';
import { costOf, count, ms, spread, timesOf } from './measure.ts';
import type { Row, Setting } from './row.ts';

const HOSTS = 100;
const RUNS = 10_000;

interface Context {
  readonly snapshot: Snapshot;
  readonly samples: readonly FleetSample[];
}

export const answerSetting: Setting<Context> = {
  open: async () => ({
    snapshot: fleetSnapshot(fleetRuns(RUNS, HOSTS, mixedRun), HOSTS),
    samples: daySamples(HOSTS),
  }),
  close: () => Promise.resolve(),
};

export const answerRows: readonly Row<Context>[] = [
  { name: `digest of ${HOSTS} hosts x 8 GPUs x 288 samples, ${count(RUNS)} runs`, goal: '100 ms', measure: digest },
  ...['status', 'runs', 'summary'].map((command) => ({
    name: `"${command}" answered and worded with ${count(RUNS)} runs`,
    goal: 'p99 50 ms',
    measure: (context: Context) => answered(context, command),
  })),
];

async function digest({ samples, snapshot }: Context) {
  for (let warmUp = 0; warmUp < 3; warmUp += 1) digestOf(fold(samples), snapshot);
  const folding = await costOf(() => fold(samples));
  const metrics = fold(samples);
  const building = await costOf(() => digestOf(metrics, snapshot));
  const plain = await costOf(() => plainAverages(samples));
  const measured = `${ms(folding.wallMs + building.wallMs)} (${ms(building.wallMs)} of it at once)`;
  return { measured, baseline: `${ms(plain.wallMs)}: objects and array filters` };
}

function fold(samples: readonly FleetSample[]): DailyMetrics {
  return samples.reduce(addSample, emptyMetrics(T0, 5 * MINUTE));
}

function digestOf(metrics: DailyMetrics, snapshot: Snapshot): DigestView {
  return buildDigest({
    metrics,
    snapshot,
    window: { from: T0, to: T0 + DAY },
    label: '2026-01-15',
    timeZone: 'UTC',
    settings: {
      sections: ['experiment_statistics', 'resource_utilization', 'key_events', 'progress_overview'],
      nearCompletionPct: 90,
      longRunningDays: 7,
    },
    late: false,
    missed: [],
  });
}

/** The averages alone, the way one writes them down first. */
function plainAverages(samples: readonly FleetSample[]): number[] {
  const all = samples.flatMap(({ hosts }) =>
    hosts.flatMap(({ host, gpus }) => (gpus ?? []).map((gpu) => ({ host, ...gpu }))),
  );
  return [...new Set(all.map(({ host }) => host))].flatMap((host) => {
    const ofHost = all.filter((figure) => figure.host === host);
    return [...new Set(ofHost.map(({ index }) => index))].map((index) => {
      const values = ofHost.filter((figure) => figure.index === index).map(({ util_pct }) => util_pct ?? 0);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
  });
}

async function answered({ snapshot, samples }: Context, command: string) {
  const metrics = fold(samples);
  const queries: Queries = {
    now: () => T0,
    snapshot: () => snapshot,
    alerts: () => [],
    undelivered: () => [],
    bot: () => ({ running: true, since: T0, observedTodayPct: 100 }),
    probe: async () => snapshot.hosts,
    logTail: async () => null,
    events: async () => [],
    digest: async () => ({ ...digestOf(metrics, snapshot) }),
  };
  const renderer = createRenderer({
    templatesDir: templatesFolder,
    overrideDir: null,
    readFile: (file) => readFileSync(file, 'utf8'),
    timeZone: 'UTC',
    onProblem: (text) => {
      throw new Error(text);
    },
  });
  const times = await timesOf(
    async () => {
      const given = await answer(command, queries, { users: true, commands: false, redact: (text) => text });
      if (given.failed) throw new Error(JSON.stringify(given.data));
      renderer.render({ kind: 'answer', severity: null, resolved: false, ...given });
    },
    20,
    5,
  );
  return { measured: spread(times), baseline: 'reading it all from disk: see first scan' };
}
