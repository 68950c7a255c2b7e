import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { type ChannelsConfig, LOG_LEVELS, type LogLevel } from './config.ts';
import { type ConfigProblem, describeFound, suggestion } from './problem.ts';
import { isSmtpUrl, isWebUrl } from './values.ts';

/** Variables by name; the environment over `.env`. */
export type Variables = Readonly<Record<string, string>>;

export interface DotEnv {
  /** Absolute path of the file that was read; null: there is none. */
  readonly file: string | null;
  readonly variables: Variables;
}

/** Reads `.env` from the first of the folders that has one. */
export function readDotEnv(folders: readonly string[]): DotEnv {
  for (const folder of folders) {
    const file = join(folder, '.env');
    try {
      return { file, variables: defined(parseEnv(readFileSync(file, 'utf8'))) };
    } catch {
      // Not there, or not for the bot to read: what is missing then is told where it is needed.
    }
  }
  return { file: null, variables: {} };
}

/** Those that are set. */
export function defined(env: Readonly<Record<string, string | undefined>>): Variables {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const text = z.string();
const webUrl = text.refine(isWebUrl, 'an http:// or https:// address');
const smtpUrl = text.refine(isSmtpUrl, 'an smtp: or smtps: address with user, password, host and port');
const logLevel = z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` });

/** The variables the bot reads itself, and what each must be. */
export const VARIABLES = {
  PYLON_CONFIG: text,
  SLACK_BOT_TOKEN: text,
  SLACK_APP_TOKEN: text,
  SLACK_SIGNING_SECRET: text,
  SLACK_API_URL: webUrl,
  DISCORD_TOKEN: text,
  DISCORD_API_URL: webUrl,
  SMTP_URL: smtpUrl,
  PYLON_COLLECTOR_TOKEN: text,
  LOG_LEVEL: logLevel,
} as const;
type VariableName = keyof typeof VARIABLES;

/** Those whose value must not be seen. */
export const SECRET_VARIABLES = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'DISCORD_TOKEN',
  'SMTP_URL',
  'PYLON_COLLECTOR_TOKEN',
] as const satisfies readonly VariableName[];

export function checkVariables(variables: Variables): ConfigProblem[] {
  return Object.entries(VARIABLES).flatMap(([name, schema]) => {
    const value = variables[name];
    if (value === undefined || value === '') return [];
    const problem = schema.safeParse(value).error?.issues[0];
    if (problem === undefined) return [];
    const near = name === 'LOG_LEVEL' ? suggestion(value, LOG_LEVELS) : '';
    const found = SECRET_VARIABLES.some((secret) => secret === name) ? 'unusable' : describeFound(value);
    const message = `${found}; expected ${problem.message}${near}`;
    return [{ file: 'environment', line: null, key: name, message }];
  });
}

/** An empty variable is as good as none. */
export function variable(variables: Variables, name: VariableName): string | null {
  return variables[name] || null;
}

export function logLevelOf(variables: Variables): LogLevel {
  return logLevel.catch('info').parse(variables.LOG_LEVEL);
}

/** The settings of the channels that stand in the environment only. */
export function channelSecrets(variables: Variables): {
  readonly slack: Omit<ChannelsConfig['slack'], 'mode'>;
  readonly discord: ChannelsConfig['discord'];
  readonly smtpUrl: string | null;
} {
  return {
    slack: {
      botToken: variable(variables, 'SLACK_BOT_TOKEN'),
      appToken: variable(variables, 'SLACK_APP_TOKEN'),
      signingSecret: variable(variables, 'SLACK_SIGNING_SECRET'),
      apiUrl: variable(variables, 'SLACK_API_URL'),
    },
    discord: { token: variable(variables, 'DISCORD_TOKEN'), apiUrl: variable(variables, 'DISCORD_API_URL') },
    smtpUrl: variable(variables, 'SMTP_URL'),
  };
}
