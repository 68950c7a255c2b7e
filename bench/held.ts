import { addSample, type DailyMetrics, emptyMetrics } from '../src/core/digest/daily-metrics.ts';
import { readLogPace } from '../src/core/runs/rhythm.ts';
import type { Host } from '../src/domain/host.ts';
import type { HostReader, HostReading } from '../src/domain/ports.ts';
import type { Project, RunFacts } from '../src/domain/run.ts';
import { MINUTE } from '../src/domain/time.ts';
import { createMonitor } from '../src/monitor.ts';
import { systemClock } from '../src/util/clock.ts';
import { makeFacts } from '../test/core/runs/make-facts.ts';
import { projectSettings, T0 } from '../test/support/make.ts';
import { daySamples, fleetSnapshot } from './fleet.ts';
// Unused, but the whole bot is what takes memory.
import '../src/app.ts';

const HOSTS = 200;
const RUNS = 10_000;
const PROCESSES = 300;
const LOOKS = 5;

/** In MB. */
export interface Held {
  /** Resident, once everything is loaded. */
  readonly before: number;
  /** Resident, once everything was looked at some times. */
  readonly bot: number;
  /** Of that, objects in use. */
  readonly live: number;
  /** What a day of samples takes. */
  readonly rawDay: number;
}

/** Looks at everything some times, then holds a day of samples beside it. */
export async function holdEverything(): Promise<Held> {
  const before = rssMb();
  const hosts = Array.from({ length: HOSTS }, (_, index) => hostNamed(`gpu${index + 1}`));
  const nothing = () => undefined;
  const monitor = createMonitor({
    hosts,
    projects: [project(hosts)],
    reader: generatedReader,
    tailReader: { explain: () => null, pace: readLogPace },
    onSnapshot: nothing,
    onProgress: nothing,
    clock: systemClock,
    random: Math.random,
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
  for (let look = 0; look < LOOKS; look += 1) await monitor.probe(null);
  const metrics = foldDay();
  const bot = rssMb();
  const live = heapMb();
  const raw = daySamples(HOSTS);
  const rawDay = heapMb() - live;
  const seen = monitor.snapshot().runs.length === RUNS && metrics.hosts.length === HOSTS && raw.length > 0;
  if (!seen) throw new Error('the monitor does not see what is there');
  await monitor.stop();
  return { before, bot, live, rawDay };
}

/** Apart, so that the samples are gone when it returns. */
function foldDay(): DailyMetrics {
  return daySamples(HOSTS).reduce(addSample, emptyMetrics(T0, 5 * MINUTE));
}

function rssMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1e6);
}

function heapMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e6);
}

function hostNamed(name: string): Host {
  return { name, ssh: name, gpus: 'all', probeIntervalMs: 30 * MINUTE };
}

function project(hosts: readonly Host[]): Project {
  return projectSettings({ runsOn: hosts.map(({ name }) => name) });
}

/** Every look gives new objects, as parsing does. */
function generatedReader(host: Host): HostReader {
  const look = async (): Promise<HostReading> => {
    await turn(host);
    const processes = Array.from({ length: PROCESSES }, (_, index) => processAt(host.name, index));
    const sample = fleetSnapshot([], 1).hosts[0]?.sample;
    if (!sample) throw new Error('no sample');
    const runs = host.name === 'gpu1' ? Array.from({ length: RUNS }, (_, index) => runAt(index)) : [];
    const scans =
      host.name === 'gpu1' ? [{ project: 'lab', at: T0, runs, absent: false, launcher: null, problems: [] }] : [];
    return { sample: { ...sample, host: host.name, processes }, processes, scans, scanError: null };
  };
  return {
    look,
    lookAtRuns: look,
    readTails: async () => new Map(),
    follow: () => ({ update: () => undefined, stop: () => undefined }),
    cache: () => null,
    restore: () => undefined,
    adopt: () => undefined,
    resumeLog: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** Hosts answer one after the other. */
async function turn({ name }: Host): Promise<void> {
  for (let wait = Number(name.slice('gpu'.length)); wait > 0; wait -= 1) await new Promise(setImmediate);
}

function processAt(host: string, index: number) {
  const args = `/usr/bin/daemon-${host}-${index} --foreground --config /etc/some/daemon.conf --verbose`;
  return { pid: 1000 + index, user: `user${index % 20}`, startedAt: T0, args, rss: 1e6, state: 'S', cwd: null };
}

function runAt(index: number): RunFacts {
  const name = `benchmarks/task/model_${index}`;
  return makeFacts({
    config: `configs/${name}.py`,
    workDir: `logs/${name}`,
    newestLog: { path: `/lab/logs/${name}/train_val_0.log`, mtime: T0, size: 100 + index },
  });
}
