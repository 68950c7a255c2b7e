import type { Alert } from '../../domain/alert.ts';
import type { Gpu, HostSample, HostState } from '../../domain/host.ts';
import type { Queries } from '../../domain/queries.ts';
import type { Run } from '../../domain/run.ts';
import { type Instant, isoTime, SECOND } from '../../domain/time.ts';
import type { StatusView } from '../../domain/views.ts';
import { countRuns, gpusOfOurs, IDLE_BELOW_PCT } from '../runs/fleet.ts';
import { projectProblems } from './project-problems.ts';

/** A GPU with more than this in use is not free to start a run on. 1 GiB, the line between idle and held. */
const HELD_ABOVE_BYTES = 2 ** 30;

const SEVERITY_ORDER = { critical: 0, warning: 1, info: 2 } as const;

/** The whole picture in one object: runs by status, hosts, alerts, and what needs a human first. */
export function statusView(queries: Pick<Queries, 'now' | 'snapshot' | 'alerts' | 'undelivered' | 'bot'>): StatusView {
  const now = queries.now();
  const { hosts, runs, projects } = queries.snapshot();
  const alerts = queries.alerts().filter((alert) => alert.state === 'firing');
  const bot = queries.bot();
  return {
    schema: 'pylon.status/1',
    at: isoTime(now),
    bot: {
      running: bot.running,
      since: bot.since === null ? null : isoTime(bot.since),
      observed_today_pct: bot.observedTodayPct,
    },
    runs: runCounts(runs),
    hosts: hosts.map((host) => hostLine(host, runs, now)),
    alerts: {
      critical: alerts.filter((alert) => alert.severity === 'critical').length,
      warning: alerts.filter((alert) => alert.severity === 'warning').length,
      info: alerts.filter((alert) => alert.severity === 'info').length,
    },
    attention: [
      ...attention(alerts),
      ...hosts.flatMap(hungGpus),
      ...queries
        .undelivered()
        .map(({ receiver, reason }) => ({ text: `not told to ${receiver}: ${reason}`, ref: receiver })),
      ...projects.flatMap((project) => projectProblems(project).map((text) => ({ text, ref: project.name }))),
    ],
  };
}

function runCounts(runs: readonly Run[]): StatusView['runs'] {
  const percentages = runs.reduce((sum, run) => sum + (run.progress.percentage ?? 0), 0);
  const completion = runs.length === 0 ? null : Math.round((percentages / runs.length) * 10) / 10;
  return { ...countRuns(runs), completion_pct: completion };
}

function hostLine(host: HostState, runs: readonly Run[], now: Instant): StatusView['hosts'][number] {
  const { sample } = host;
  return {
    name: host.name,
    reachable: host.reachable,
    error: host.error?.message ?? null,
    age_s: sample === null ? null : Math.round((now - sample.at) / SECOND),
    cpu_pct: sample?.cpu.pct ?? null,
    gpus: sample?.gpus == null ? null : gpuCounts(sample, runs),
  };
}

function gpuCounts(
  sample: HostSample,
  runs: readonly Run[],
): { total: number; idle: number; free: number; held: number } {
  const isRunHere = runs.some(({ process }) => process?.host === sample.host);
  const ours = gpusOfOurs(sample, runs) ?? (isRunHere ? null : new Set());
  const gpus = sample.gpus ?? [];
  const idle = gpus.filter(
    (gpu) =>
      gpu.state === 'ok' && gpu.utilPct !== null && gpu.utilPct < IDLE_BELOW_PCT && ours?.has(gpu.uuid) === false,
  );
  const used = idle.flatMap((gpu) => memoryUsed(gpu, sample) ?? []);
  const held = used.filter((bytes) => bytes > HELD_ABOVE_BYTES).length;
  return { total: gpus.length, idle: idle.length, free: used.length - held, held };
}

/** A GPU that shares the memory of the machine (GB10) tells that of its processes only. null: unknown. */
function memoryUsed({ uuid, memory }: Gpu, { gpuProcesses }: HostSample): number | null {
  if (memory.used !== null) return memory.used;
  const onIt = gpuProcesses?.filter(({ gpuUuid }) => gpuUuid === uuid).map((process) => process.memory) ?? [null];
  return onIt.reduce<number | null>((sum, bytes) => (sum === null || bytes === null ? null : sum + bytes), 0);
}

/** No rule speaks of them yet, but nobody should have to look for them. */
function hungGpus({ name, sample }: HostState): { text: string; ref: string }[] {
  const hung = sample?.gpus?.filter(({ state }) => state === 'hung') ?? [];
  if (hung.length === 0) return [];
  return [{ text: `${name}: nvidia-smi does not return; GPU ${hung.map(({ index }) => index).join(', ')}`, ref: name }];
}

function attention(alerts: readonly Alert[]): { text: string; ref: string }[] {
  return [...alerts]
    .sort((a, b) => SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] || b.startsAt - a.startsAt)
    .map((alert) => ({
      text: `${alert.rule} ${alert.labels.run ?? alert.labels.host ?? ''}: ${alert.summary}`,
      ref: alert.id,
    }));
}
