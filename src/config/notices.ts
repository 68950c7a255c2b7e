import type { Config } from './config.ts';
import { type DotEnv, SECRET_VARIABLES, type Variables, variable } from './environment.ts';
import type { Finding } from './issues.ts';
import { findNotYet } from './not-yet.ts';
import type { ConfigNotice } from './problem.ts';
import type { Off } from './receivers.ts';
import { findOpenSecrets, findUnknownLabels, isReadableByOthers } from './warnings.ts';

export type Remark = Finding & { readonly kind: ConfigNotice['kind'] };

/** What to tell of a valid file: `raw` as it stands there, `value` with variables filled in. */
export function remarks(file: string | null, raw: unknown, value: unknown, off: readonly Off[]): Remark[] {
  function all(kind: ConfigNotice['kind'], findings: readonly Finding[]): Remark[] {
    return findings.map((finding) => ({ ...finding, kind }));
  }
  return [
    ...off,
    ...all('not-yet', findNotYet(value)),
    ...all('warning', findUnknownLabels(value)),
    ...all('warning', file === null ? [] : findOpenSecrets(file, raw)),
  ];
}

/** What to tell of `.env` and the environment. */
export function environmentNotices({ channels }: Config, variables: Variables, dotEnv: DotEnv): ConfigNotice[] {
  function notice(kind: ConfigNotice['kind'], key: string, message: string): ConfigNotice {
    return { kind, file: 'environment', line: null, key, message };
  }
  const notices: ConfigNotice[] = [];
  const { slack } = channels;
  if (slack.mode === 'socket' && slack.botToken !== null && slack.appToken === null) {
    notices.push(notice('off', 'SLACK_APP_TOKEN', 'not set; commands in Slack are off'));
  }
  for (const name of ['DISCORD_TOKEN', 'PYLON_COLLECTOR_TOKEN'] as const) {
    if (variable(variables, name) === null) continue;
    notices.push(notice('not-yet', name, 'not yet supported; it has no effect'));
  }
  const held = SECRET_VARIABLES.filter((name) => variable(dotEnv.variables, name) !== null);
  if (dotEnv.file !== null && held.length > 0 && isReadableByOthers(dotEnv.file)) {
    const message = `holds ${held.join(', ')}, and others can read it: chmod 600 it`;
    notices.push({ kind: 'warning', file: dotEnv.file, line: null, key: '', message });
  }
  return notices;
}
