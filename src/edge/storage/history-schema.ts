import { z } from 'zod';
import type { FleetSample, HistoryEntry } from '../../domain/digest.ts';
import type { Event } from '../../domain/event.ts';
import { RUN_REASONS, RUN_STATUSES } from '../../domain/run.ts';

const count = z.number();
const ofLauncher = { at: z.number(), project: z.string() };
const ofRun = { at: z.number(), project: z.string(), config: z.string(), host: z.string() };

const runCounts = z.object({
  running: count,
  finished: count,
  failed: count,
  stuck: count,
  outdated: count,
  never_started: count,
  total: count,
});

const event = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['run-started', 'run-recovered', 'run-outdated', 'run-removed']), ...ofRun }),
  z.object({ kind: z.literal('run-restarted'), ...ofRun, session: count }),
  z.object({
    kind: z.literal('run-finished'),
    ...ofRun,
    earlyStopped: z.boolean(),
    completedEpochs: count,
    session: count,
  }),
  z.object({
    kind: z.literal('run-failed'),
    ...ofRun,
    reason: z.enum(RUN_REASONS),
    summary: z.string(),
    completedEpochs: count,
  }),
  z.object({ kind: z.literal('run-stuck'), ...ofRun, silentSince: z.number().nullable() }),
  z.object({
    kind: z.literal('run-added'),
    ...ofRun,
    status: z.enum(RUN_STATUSES),
  }),
  z.object({ kind: z.literal('epochs-completed'), ...ofRun, from: count, to: count, total: count.nullable() }),
  z.object({
    kind: z.literal('project-found'),
    at: z.number(),
    project: z.string(),
    counts: runCounts,
  }),
  z.object({ kind: z.literal('host-lost'), at: z.number(), host: z.string(), error: z.string() }),
  z.object({ kind: z.literal('host-back'), at: z.number(), host: z.string(), awayMs: z.number() }),
  z.object({ kind: z.enum(['launcher-round', 'launcher-waiting', 'launcher-done']), ...ofLauncher }),
  z.object({
    kind: z.literal('stuck-removed'),
    ...ofLauncher,
    runs: z.array(z.object({ config: z.string(), host: z.string(), pid: count })),
  }),
  z.object({ kind: z.literal('outdated-cleaned'), ...ofLauncher, days: count, workDirs: z.array(z.string()) }),
  z.object({ kind: z.literal('run-error'), ...ofLauncher, config: z.string(), errorLog: z.string() }),
  z.object({ kind: z.literal('run-launched'), ...ofRun, gpu: count }),
  z.object({ kind: z.literal('gpus-disconnected'), ...ofLauncher, gpus: z.record(z.string(), z.array(count)) }),
  z.object({ kind: z.literal('hosts-disconnected'), ...ofLauncher, hosts: z.array(z.string()) }),
  z.object({ kind: z.literal('launcher-progress'), ...ofLauncher, pct: count }),
  z.object({ kind: z.literal('launcher-error'), ...ofLauncher, text: z.string() }),
]) satisfies z.ZodType<Event>;

const sample = z.object({
  at: z.number(),
  hosts: z.array(
    z.object({
      host: z.string(),
      cpu_pct: z.number().nullable(),
      gpus: z
        .array(
          z.object({
            index: z.number(),
            util_pct: z.number().nullable(),
            memory_used: z.number().nullable(),
            memory_total: z.number().nullable(),
            ours: z.boolean().nullable(),
          }),
        )
        .nullable(),
    }),
  ),
  runs: runCounts,
}) satisfies z.ZodType<FleetSample>;

export const historyEntrySchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('event'), event }),
  z.object({ t: z.literal('sample'), sample }),
]) satisfies z.ZodType<HistoryEntry>;
