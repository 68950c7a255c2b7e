import type { Host } from '../domain/host.ts';
import type { Receiver, Route, RuleSettings } from '../domain/receiver.ts';
import type { Project } from '../domain/run.ts';

/** The sections a digest can have, as the plan names them, in its order. */
export const SUMMARY_SECTIONS = [
  'experiment_statistics',
  'resource_utilization',
  'key_events',
  'progress_overview',
] as const;
export type SummarySection = (typeof SUMMARY_SECTIONS)[number];

/** pino's levels (https://github.com/pinojs/pino/blob/main/docs/api.md#level-string). */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type RuleName = 'run-failed' | 'run-stuck' | 'host-unreachable' | 'gpu-lost';

export interface SummaryConfig {
  readonly enabled: boolean;
  /** Local time of the digest, `HH:MM`. */
  readonly summaryTime: string;
  /** Between stored samples; not the probe interval. */
  readonly metricsIntervalMs: number;
  /** How long summaries and history are kept. */
  readonly retentionDays: number;
  readonly sections: readonly SummarySection[];
  /** Absolute. */
  readonly directory: string;
}

/** null: not set, so what needs it is off. */
export interface ChannelsConfig {
  readonly slack: {
    readonly mode: 'socket' | 'http';
    readonly botToken: string | null;
    readonly appToken: string | null;
    readonly signingSecret: string | null;
    readonly apiUrl: string | null;
  };
  readonly discord: { readonly token: string | null; readonly apiUrl: string | null };
  readonly email: { readonly from: string; readonly smtpUrl: string | null };
}

/** What is in effect: pylon.yaml, `.env` and the environment over the defaults, checked. */
export interface Config {
  /** Absolute path of the pylon.yaml that was read; null: there is none. */
  readonly file: string | null;
  /** IANA name. */
  readonly timeZone: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly summary: SummaryConfig;
  /** At least one. */
  readonly hosts: readonly Host[];
  /**
   * `readFrom` is a name in `hosts`, or `localhost` for the disk of the bot's own machine when that is
   * not among them.
   */
  readonly projects: readonly Project[];
  /**
   * Those that can be reached with the tokens there are, in the file's order; then the plan's own
   * (`summary-email` ...); then always `terminal`, which the app leaves out where no console is wanted.
   */
  readonly receivers: readonly Receiver[];
  /** Name only receivers that are in `receivers`, so the list of one may be empty: it still matches first. */
  readonly routes: readonly Route[];
  readonly rules: Readonly<Record<RuleName, RuleSettings>>;
  readonly thresholds: { readonly nearCompletionPct: number; readonly longRunningDays: number };
  readonly channels: ChannelsConfig;
  /** Regular expressions of text to blank, each of which compiles and never matches the empty text. */
  readonly redact: readonly string[];
  /** Whether to show names and command lines of processes that are not of our runs. */
  readonly privacy: { readonly users: boolean; readonly commands: boolean };
  /** Absolute; null: only the templates that are shipped. */
  readonly templatesDir: string | null;
  readonly logLevel: LogLevel;
  /** Every secret value, for redaction in logs; longest first. */
  readonly secrets: readonly string[];
}
