import { z } from 'zod';
import type { RuleSettings } from '../domain/receiver.ts';
import { RUN_FORMATS } from '../domain/run.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../domain/time.ts';
import { SUMMARY_SECTIONS } from './config.ts';
import * as values from './values.ts';

/*
 * pylon.yaml, key by key with its default, as it reads. What depends on other keys is checked in
 * references.ts; what a key comes to mean is in resolve.ts.
 */

/** A mapping all of whose keys have defaults. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never);
}

const webhookSwitch = section({
  enabled: z.boolean().default(false),
  webhook_url: z.union([z.literal(''), values.webhook], 'an https:// address').default(''),
}).superRefine(({ enabled, webhook_url }, context) => {
  if (!enabled || webhook_url !== '') return;
  context.addIssue({ code: 'custom', path: ['webhook_url'], message: 'an https:// address, as enabled is true' });
});

const emailSwitch = section({
  enabled: z.boolean().default(false),
  recipients: z.array(values.emailAddress).default([]),
}).superRefine(({ enabled, recipients }, context) => {
  if (!enabled || recipients.length > 0) return;
  context.addIssue({ code: 'custom', path: ['recipients'], message: 'at least one address, as enabled is true' });
});

const summary = section({
  enabled: z.boolean().default(true),
  summary_time: values.timeOfDay.default('23:59'),
  metrics_interval: values.seconds(SECOND, DAY).default(300 * SECOND),
  summary_retention_days: z.number().int().min(1).default(30),
  summary_sections: z
    .array(z.enum(SUMMARY_SECTIONS))
    .min(1)
    .refine((sections) => new Set(sections).size === sections.length, 'each section once')
    .default([...SUMMARY_SECTIONS]),
  notifications: section({ email: emailSwitch, slack: webhookSwitch, discord: webhookSwitch }),
  directory: values.path.default('logs/summaries'),
  after_idle: values.duration(MINUTE, 30 * DAY).optional(),
});

const host = z.strictObject({
  name: values.name.optional(),
  ssh: values.sshTarget.optional(),
  gpus: z.union([z.literal('all'), z.array(z.number().int().min(0))], 'all, or a list of GPU indices').default('all'),
  probe_interval: values.duration(SECOND, HOUR).default(30 * SECOND),
});

/** The plan's own project's files of a complete epoch. */
const EXPECTED_FILES = ['training_losses.pt', 'optimizer_buffer.json', 'validation_scores.json'];
export const DEFAULT_OUTDATED_DAYS = 120;
export const DEFAULT_GROUP_BY = ['rule', 'project', 'host'];

const project = z
  .strictObject({
    name: values.name.optional(),
    root: values.path.default('.'),
    read_from: values.name.default('localhost'),
    runs_on: z.array(values.name).min(1).optional(),
    configs: z.array(values.glob).min(1).default(['configs/**/*.py']),
    formats: z
      .array(z.enum(RUN_FORMATS))
      .min(1)
      .default([...RUN_FORMATS]),
    epochs: z.number().int().min(1).optional(),
    sleep_time: values.seconds(SECOND, 7 * DAY).default(180 * SECOND),
    outdated_days: z.number().positive().nullable().optional(),
    outdated_date: values.date.optional(),
    expected_files: z.array(values.innerPath).min(1).default(EXPECTED_FILES),
    launcher_log: values.innerPath.default('project/run_agent.log'),
  })
  .refine(({ outdated_days, outdated_date }) => !outdated_days || outdated_date === undefined, {
    path: ['outdated_date'],
    message: 'either outdated_days or outdated_date, not both',
  });

const channels = section({
  slack: section({
    mode: z.enum(['socket', 'http']).default('socket'),
    port: z.number().int().min(1).max(65_535).optional(),
    path: z.string().startsWith('/', "a path that begins with '/'").optional(),
  }),
  discord: section({ guild: z.string("a guild's id in quotes").optional() }),
  email: section({ from: values.emailSender.optional() }),
});

/** The kinds of place a receiver can have; it needs exactly one. */
const DESTINATIONS = ['slack', 'discord', 'email', 'webhook', 'console'] as const;

const receiver = z
  .strictObject({
    name: values.name,
    slack: values.slackPlace.optional(),
    discord: values.discordPlace.optional(),
    email: z.array(values.emailAddress).min(1).optional(),
    webhook: values.webhook.optional(),
    console: z.literal(true, 'true').optional(),
    quiet_hours: values.timeSpan.optional(),
  })
  .refine(
    (value) => DESTINATIONS.filter((kind) => value[kind] !== undefined).length === 1,
    `exactly one of ${DESTINATIONS.join(', ')} (a channel such as '#gpu' in quotes)`,
  );

const route = z.strictObject({
  match: z.array(values.matcher).default([]),
  receivers: z.array(values.name).min(1),
  group_by: z.array(values.label).default(DEFAULT_GROUP_BY),
  group_wait: values.duration(0, HOUR).optional(),
  group_interval: values.duration(SECOND, DAY).optional(),
  repeat_interval: values.duration(MINUTE, 30 * DAY).optional(),
});

function rule({ enabled, severity, holdForMs }: RuleSettings) {
  return section({
    enabled: z.boolean().default(enabled),
    severity: z.enum(['info', 'warning', 'critical']).default(severity),
    for: values.duration(0, 7 * DAY).default(holdForMs),
  });
}

const person = z.strictObject({
  name: values.name,
  host_users: z.array(z.string()).default([]),
  slack: z.string().optional(),
  discord: z.string('a user id in quotes').optional(),
  email: values.emailAddress.optional(),
  can: z.array(z.enum(['read', 'act'])).default(['read']),
});

export const schema = section({
  version: z.literal(1).default(1),
  time_zone: values.timeZone.optional(),
  data_dir: values.path.default('./data'),
  summary,
  hosts: z.array(host).default([]),
  projects: z.array(project).default([]),
  channels,
  receivers: z.array(receiver).default([]),
  routes: z.array(route).default([]),
  rules: section({
    'run-failed': rule({ enabled: true, severity: 'critical', holdForMs: 0 }),
    'run-stuck': rule({ enabled: true, severity: 'critical', holdForMs: 5 * MINUTE }),
    // Three probes of the default interval: one that was lost is no news.
    'host-unreachable': rule({ enabled: true, severity: 'critical', holdForMs: 90 * SECOND }),
    'gpu-lost': rule({ enabled: true, severity: 'critical', holdForMs: 0 }),
  }),
  thresholds: section({
    near_completion: z.number().min(0).max(100).default(90),
    long_running_days: z.number().positive().default(7),
  }),
  people: z.array(person).default([]),
  collector: section({
    enabled: z.boolean().default(false),
    listen: values.listenAddress.default('127.0.0.1:5001'),
  }),
  http: section({ listen: values.listenAddress.default('127.0.0.1:9909') }),
  heartbeat: section({
    url: values.webhook.optional(),
    every: values.duration(SECOND, DAY).default(MINUTE),
  }),
  redact: z.array(values.pattern).default([]),
  privacy: section({ users: z.boolean().default(true), commands: z.boolean().default(false) }),
  templates_dir: values.path.optional(),
});

/** pylon.yaml with its defaults filled in, still in its own words; durations are milliseconds. */
export type Settings = z.output<typeof schema>;
export type ReceiverSettings = Settings['receivers'][number];
