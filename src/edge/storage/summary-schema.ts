import { z } from 'zod';
import { type DigestView, KEY_EVENT_KINDS } from '../../domain/digest.ts';

const count = z.number();
const pct = z.number();
const texts = z.array(z.string());
const peak = z.object({ pct, at: z.string() });
const ofRun = { project: z.string(), config: z.string() };

const digest = z.object({
  schema: z.literal('pylon.metrics/1'),
  date: z.string(),
  time_zone: z.string(),
  window: z.object({ from: z.string(), to: z.string() }),
  at: z.string(),
  late: z.boolean(),
  missed: texts,
  observed_pct: pct,
  sections: z.array(z.enum(['experiment_statistics', 'resource_utilization', 'key_events', 'progress_overview'])),
  projects: texts,
  experiments: z.object({
    active: count,
    running: count,
    started_today: count,
    finished_today: count,
    failed: count,
    failed_today: count,
    stuck: count,
    finished: count,
    outdated: count,
    never_started: count,
    total: count,
    unreachable: count,
    failed_reasons: z.array(z.object({ summary: z.string(), count, configs: texts })),
  }),
  resources: z.object({
    gpu: z.object({ average_pct: pct, peak, idle: count, total: count, idle_pct: pct }).nullable(),
    cpu: z.object({ average_pct: pct, peak }).nullable(),
    hosts: z.array(z.object({ host: z.string(), observed_pct: pct, cpu_pct: pct.nullable(), gpu_pct: pct.nullable() })),
  }),
  events: z.array(
    z.object({
      kind: z.enum(KEY_EVENT_KINDS),
      at: z.string(),
      last_at: z.string(),
      count,
      project: z.string().nullable(),
      host: z.string().nullable(),
      configs: texts,
      summary: z.string().nullable(),
      duration_s: z.number().nullable(),
    }),
  ),
  progress: z.object({
    completion_pct: pct.nullable(),
    finished: count,
    total: count,
    near_completion_pct: pct,
    near_completion: z.array(z.object({ ...ofRun, pct, completed_epochs: count, total_epochs: count.nullable() })),
    long_running_days: z.number(),
    long_running: z.array(z.object({ ...ofRun, since: z.string(), running_s: z.number(), pct: pct.nullable() })),
  }),
  omitted: z.object({
    missed: count,
    failed_reasons: count,
    hosts: count,
    events: count,
    near_completion: count,
    long_running: count,
  }),
}) satisfies z.ZodType<DigestView>;

/** Throws an Error of one line that says what is wrong with the text. */
export function parseDigest(text: string): DigestView {
  const { data, error } = digest.safeParse(JSON.parse(text));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
}
