import { statSync } from 'node:fs';
import { type Finding, valueAt } from './issues.ts';
import { parseMatcher } from './matcher.ts';
import { pathsTo } from './not-yet.ts';
import { allowedInstead } from './problem.ts';

/** The labels that alerts, notices and digests carry. */
const LABELS = ['event', 'gpu', 'host', 'kind', 'project', 'rule', 'run', 'session', 'severity'];

/** Routes that ask for labels nothing carries: they would never match, and nobody would know why. */
export function findUnknownLabels(value: unknown): Finding[] {
  const matchers = pathsTo(value, ['routes', '*', 'match', '*']).map((path) => {
    const parsed = parseMatcher(String(valueAt(value, path)));
    return { path, label: typeof parsed === 'string' ? '' : parsed.label };
  });
  const groups = pathsTo(value, ['routes', '*', 'group_by', '*']).map((path) => ({
    path,
    label: String(valueAt(value, path)),
  }));
  return [...matchers, ...groups]
    .filter(({ label }) => !LABELS.includes(label))
    .map(({ path, label }) => ({
      path,
      message: `nothing carries the label "${label}"${allowedInstead(label, LABELS)}`,
    }));
}

/** The keys whose value is an address that lets everyone who has it send. */
const WEBHOOK_KEYS = [
  ['summary', 'notifications', 'slack', 'webhook_url'],
  ['summary', 'notifications', 'discord', 'webhook_url'],
  ['receivers', '*', 'slack'],
  ['receivers', '*', 'discord'],
  ['receivers', '*', 'webhook'],
  ['heartbeat', 'url'],
];

/** Webhook addresses that stand in the file itself, where others can read the file. `raw` is unexpanded. */
export function findOpenSecrets(file: string, raw: unknown): Finding[] {
  if (!isReadableByOthers(file)) return [];
  return WEBHOOK_KEYS.flatMap((key) => pathsTo(raw, key))
    .filter((path) => /^https?:\/\/(?!\$\{)/.test(String(valueAt(raw, path))))
    .map((path) => ({
      path,
      message:
        'a webhook address is a secret, and others can read this file: chmod 600 it, or name a variable of .env here',
    }));
}

/** Whether group or others may read it. */
export function isReadableByOthers(file: string): boolean {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o044) !== 0;
}
