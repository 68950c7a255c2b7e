import { z } from 'zod';
import { RUN_STATUSES } from '../../domain/run.ts';
import type { State } from '../../domain/state.ts';

const instant = z.number();
const texts = z.array(z.string());
const severity = z.enum(['info', 'warning', 'critical']);
const labels = z.record(z.string(), z.string());

const knownRun = z.object({
  status: z.enum(RUN_STATUSES),
  started: z.boolean(),
  completedEpochs: z.number(),
  logs: z.number(),
  session: z.number(),
  finishedSession: z.number().nullable(),
  quiet: z.boolean(),
  goneAt: instant.nullable(),
});

const alert = z.object({
  id: z.string(),
  fingerprint: z.string(),
  rule: z.string(),
  severity,
  state: z.enum(['pending', 'firing', 'resolved']),
  labels,
  summary: z.string(),
  evidence: texts,
  startsAt: instant,
  firedAt: instant.nullable(),
  endsAt: instant.nullable(),
  resolution: z.string().nullable(),
});

const content = z.object({
  template: z.string(),
  kind: z.enum(['alert', 'notice', 'digest', 'answer']),
  severity: severity.nullable(),
  resolved: z.boolean(),
  data: z.record(z.string(), z.unknown()),
});

const delivery = z.object({
  key: z.string(),
  receiver: z.string(),
  group: z.string(),
  desired: content,
  desiredVersion: z.number(),
  alertIds: texts,
  delivered: content.nullable(),
  deliveredVersion: z.number(),
  deliveredAt: instant.nullable(),
  receipt: z.record(z.string(), z.string()).nullable(),
  detailsOwed: z.boolean(),
  notBefore: instant,
  attempts: z.number(),
  nextAttemptAt: instant,
  lastError: z.string().nullable(),
  gaveUp: z.boolean(),
  closed: z.boolean(),
  createdAt: instant,
  updatedAt: instant,
});

/** The document on disk. A file that does not fit is set aside, never half believed. */
export const stateSchema: z.ZodType<State> = z.object({
  schema: z.literal('pylon.state/1'),
  projects: z.record(
    z.string(),
    z.object({
      firstSeenAt: instant,
      runs: z.record(z.string(), knownRun),
      launcherLog: z.object({ offset: z.number(), mark: z.string() }).nullable().default(null),
    }),
  ),
  hosts: z.record(z.string(), z.object({ reachable: z.boolean(), since: instant })),
  alerts: z.record(z.string(), alert),
  deliveries: z.record(z.string(), delivery),
  digests: z.object({ lastLabel: z.string().nullable(), lastSlot: instant.nullable() }),
});
