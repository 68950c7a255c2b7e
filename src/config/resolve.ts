import { DateTime } from 'luxon';
import type { Host } from '../domain/host.ts';
import type { Receiver, Route, RuleSettings } from '../domain/receiver.ts';
import type { Project } from '../domain/run.ts';
import { DAY, MINUTE } from '../domain/time.ts';
import type { ChannelsConfig, Config, SummaryConfig } from './config.ts';
import { channelSecrets, logLevelOf, SECRET_VARIABLES, type Variables, variable } from './environment.ts';
import { secretTexts } from './mask.ts';
import { absolute, type Places } from './places.ts';
import { type Off, resolveReceivers } from './receivers.ts';
import { hostName, LOCALHOST, projectName } from './references.ts';
import { DEFAULT_GROUP_BY, DEFAULT_OUTDATED_DAYS, type Settings } from './schema.ts';

/** What the settings are resolved against. */
export interface Surroundings {
  readonly file: string | null;
  readonly places: Places;
  readonly variables: Variables;
  readonly hostname: string;
  /** IANA name of the system's zone. */
  readonly systemZone: string;
}

/** Turns valid settings into what is in effect. */
export function resolveConfig(
  settings: Settings,
  { file, places, variables, hostname, systemZone }: Surroundings,
): { readonly config: Config; readonly off: readonly Off[] } {
  const timeZone = settings.time_zone ?? systemZone;
  const hosts = resolveHosts(settings);
  const channels = resolveChannels(settings, variables, hostname);
  const { receivers, off } = resolveReceivers(settings, channels);
  const config: Config = {
    file,
    timeZone,
    dataDir: absolute(settings.data_dir, places),
    summary: resolveSummary(settings, places),
    hosts,
    projects: settings.projects.map((project) => resolveProject(project, hosts, places, timeZone)),
    receivers,
    routes: resolveRoutes(settings, receivers),
    rules: {
      'run-failed': resolveRule(settings.rules['run-failed']),
      'run-stuck': resolveRule(settings.rules['run-stuck']),
      'host-unreachable': resolveRule(settings.rules['host-unreachable']),
      'gpu-lost': resolveRule(settings.rules['gpu-lost']),
    },
    thresholds: {
      nearCompletionPct: settings.thresholds.near_completion,
      longRunningDays: settings.thresholds.long_running_days,
    },
    channels,
    redact: settings.redact,
    privacy: settings.privacy,
    templatesDir: settings.templates_dir === undefined ? null : absolute(settings.templates_dir, places),
    logLevel: logLevelOf(variables),
    secrets: secretTexts([...SECRET_VARIABLES.map((name) => variable(variables, name)), ...webhooksOf(settings)]),
  };
  return { config, off };
}

function resolveSummary({ summary }: Settings, places: Places): SummaryConfig {
  return {
    enabled: summary.enabled,
    summaryTime: summary.summary_time,
    metricsIntervalMs: summary.metrics_interval,
    retentionDays: summary.summary_retention_days,
    sections: summary.summary_sections,
    directory: absolute(summary.directory, places),
  };
}

function resolveHosts({ hosts }: Settings): readonly Host[] {
  return hosts.map((host) => ({
    name: hostName(host),
    ssh: host.ssh ?? null,
    gpus: host.gpus,
    probeIntervalMs: host.probe_interval,
  }));
}

type ProjectSettings = Settings['projects'][number];

function resolveProject(project: ProjectSettings, hosts: readonly Host[], places: Places, zone: string): Project {
  /** `localhost` also means this machine where the hosts call it otherwise. */
  function named(name: string): string {
    if (name !== LOCALHOST) return name;
    return hosts.find(({ ssh }) => ssh === null)?.name ?? LOCALHOST;
  }
  const readFrom = named(project.read_from);
  const remote = hosts.some(({ name, ssh }) => name === readFrom && ssh !== null);
  return {
    name: projectName(project, places),
    root: remote ? project.root : absolute(project.root, places),
    readFrom,
    runsOn: [...new Set(project.runs_on?.map(named) ?? hosts.map(({ name }) => name))],
    configs: project.configs,
    formats: project.formats,
    epochs: project.epochs ?? null,
    sleepTimeMs: project.sleep_time,
    outdated: resolveOutdated(project, zone),
    expectedFiles: project.expected_files,
    launcherLog: project.launcher_log,
  };
}

function resolveOutdated({ outdated_days, outdated_date }: ProjectSettings, zone: string): Project['outdated'] {
  if (outdated_date !== undefined) return { before: DateTime.fromISO(outdated_date, { zone }).toMillis() };
  if (outdated_days === null) return null;
  return { olderThanMs: (outdated_days ?? DEFAULT_OUTDATED_DAYS) * DAY };
}

function resolveRoutes({ routes, receivers: declared }: Settings, receivers: readonly Receiver[]): Route[] {
  const reachable = new Set(receivers.map(({ name }) => name));
  const everyone = declared.map(({ name }) => name);
  const fallback = {
    match: [],
    receivers: everyone,
    group_by: DEFAULT_GROUP_BY,
    group_wait: undefined,
    group_interval: undefined,
  };
  const given = routes.length === 0 && everyone.length > 0 ? [fallback] : routes;
  return given.map((route) => ({
    match: route.match,
    receivers: route.receivers.filter((name) => reachable.has(name)),
    groupBy: route.group_by,
    groupWaitMs: route.group_wait ?? null,
    groupIntervalMs: route.group_interval ?? MINUTE,
  }));
}

function resolveRule(rule: Settings['rules']['run-failed']): RuleSettings {
  return { enabled: rule.enabled, severity: rule.severity, holdForMs: rule.for };
}

function resolveChannels({ channels }: Settings, variables: Variables, hostname: string): ChannelsConfig {
  const { slack, discord, smtpUrl } = channelSecrets(variables);
  return {
    slack: { mode: channels.slack.mode, ...slack },
    discord,
    email: { from: channels.email.from ?? `pylon@${hostname}`, smtpUrl },
  };
}

/** Every address in the settings that is a secret. */
function webhooksOf({ summary: { notifications }, receivers, heartbeat }: Settings): string[] {
  const places = receivers.flatMap(({ slack, discord, webhook }) => [
    slack?.kind === 'slack-webhook' ? slack.url : undefined,
    discord?.kind === 'discord-webhook' ? discord.url : undefined,
    webhook,
  ]);
  const all = [notifications.slack.webhook_url, notifications.discord.webhook_url, heartbeat.url, ...places];
  return all.filter((url) => url !== undefined);
}
