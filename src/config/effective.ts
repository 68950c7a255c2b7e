import { DateTime } from 'luxon';
import { stringify } from 'yaml';
import type { Destination, Receiver } from '../domain/receiver.ts';
import type { Project } from '../domain/run.ts';
import { DAY, SECOND } from '../domain/time.ts';
import { formatDuration } from '../util/duration.ts';
import type { Config } from './config.ts';
import { maskUrl } from './mask.ts';
import { formatMatcher } from './matcher.ts';
import { SUMMARY_CHANNELS, summaryReceiver } from './references.ts';

/**
 * What is in effect as YAML, in pylon.yaml's own keys and with every secret masked. Settings whose
 * feature does not exist yet are left out. A comment tells which variables are set.
 */
export function effectiveConfig(config: Config): string {
  const { summary, thresholds, channels } = config;
  const value = {
    version: 1,
    time_zone: config.timeZone,
    data_dir: config.dataDir,
    summary: {
      enabled: summary.enabled,
      summary_time: summary.summaryTime,
      metrics_interval: summary.metricsIntervalMs / SECOND,
      summary_retention_days: summary.retentionDays,
      summary_sections: summary.sections,
      notifications: switches(config.receivers),
      directory: summary.directory,
    },
    hosts: config.hosts.map(({ name, ssh, gpus, probeIntervalMs }) => ({
      name,
      ...(ssh === null ? {} : { ssh }),
      gpus,
      probe_interval: formatDuration(probeIntervalMs),
    })),
    projects: config.projects.map((project) => projectKeys(project, config.timeZone)),
    channels: { slack: { mode: channels.slack.mode }, email: { from: channels.email.from } },
    receivers: config.receivers
      .filter(({ hears }) => hears === null)
      .map(({ name, destination }) => ({ name, ...destinationKey(destination) })),
    routes: config.routes.map(({ match, receivers, groupBy, groupWaitMs, groupIntervalMs }) => ({
      match: match.map(formatMatcher),
      receivers,
      group_by: groupBy,
      ...(groupWaitMs === null ? {} : { group_wait: formatDuration(groupWaitMs) }),
      group_interval: formatDuration(groupIntervalMs),
    })),
    rules: Object.fromEntries(
      Object.entries(config.rules).map(([name, { enabled, severity, holdForMs }]) => [
        name,
        { enabled, severity, for: formatDuration(holdForMs) },
      ]),
    ),
    thresholds: { near_completion: thresholds.nearCompletionPct, long_running_days: thresholds.longRunningDays },
    redact: config.redact,
    privacy: config.privacy,
    templates_dir: config.templatesDir,
  };
  return header(config) + stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function projectKeys(project: Project, zone: string): object {
  return {
    name: project.name,
    root: project.root,
    read_from: project.readFrom,
    runs_on: project.runsOn,
    configs: project.configs,
    formats: project.formats,
    epochs: project.epochs,
    sleep_time: project.sleepTimeMs / SECOND,
    ...outdatedKey(project.outdated, zone),
    expected_files: project.expectedFiles,
    launcher_log: project.launcherLog,
  };
}

function outdatedKey(outdated: Project['outdated'], zone: string): object {
  if (outdated === null) return { outdated_days: null };
  if ('olderThanMs' in outdated) return { outdated_days: outdated.olderThanMs / DAY };
  return { outdated_date: DateTime.fromMillis(outdated.before, { zone }).toISODate() };
}

function destinationKey(destination: Destination): object {
  switch (destination.kind) {
    case 'slack':
      return { slack: destination.channel };
    case 'slack-webhook':
      return { slack: maskUrl(destination.url) };
    case 'discord-webhook':
      return { discord: maskUrl(destination.url) };
    case 'email':
      return { email: destination.to };
    case 'console':
      return { console: true };
  }
}

/** The plan's own switches, as the receivers they made tell. */
function switches(receivers: readonly Receiver[]): object {
  return Object.fromEntries(
    SUMMARY_CHANNELS.map((channel) => {
      const receiver = receivers.find(({ name }) => name === summaryReceiver(channel));
      return [channel, receiver === undefined ? { enabled: false } : { enabled: true, ...target(receiver) }];
    }),
  );
}

function target({ destination }: Receiver): object {
  if (destination.kind === 'email') return { recipients: destination.to };
  return 'url' in destination ? { webhook_url: maskUrl(destination.url) } : {};
}

function header({ file, channels: { slack, discord, email }, logLevel }: Config): string {
  const lines = [
    `# From ${file === null ? 'the defaults: there is no pylon.yaml' : JSON.stringify(file)}.`,
    `# SLACK_BOT_TOKEN: ${isSet(slack.botToken)}, SLACK_APP_TOKEN: ${isSet(slack.appToken)}, SLACK_SIGNING_SECRET: ${isSet(slack.signingSecret)}`,
    `# DISCORD_TOKEN: ${isSet(discord.token)}`,
    `# SMTP_URL: ${email.smtpUrl === null ? 'not set' : maskUrl(email.smtpUrl)}`,
    `# LOG_LEVEL: ${logLevel}`,
  ];
  return `${lines.join('\n')}\n`;
}

function isSet(value: string | null): string {
  return value === null ? 'not set' : 'set';
}
