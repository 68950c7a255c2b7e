import type { Matcher } from '../domain/receiver.ts';

/**
 * Reads `label=value`, `!=`, `=~` or `!~`; the value may stand in double quotes, as in Alertmanager
 * (https://prometheus.io/docs/alerting/latest/configuration/#matcher). A string says what is wrong.
 */
export function parseMatcher(text: string): Matcher | string {
  const [, label, op, raw] = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s.exec(text) ?? [];
  if (label === undefined || op === undefined || raw === undefined) {
    return 'label=value, label!=value, label=~pattern or label!~pattern';
  }
  const value = unquoted(raw);
  if (value === null) return 'a value whose double quotes are closed';
  if (op.endsWith('~') && !isPattern(value)) return 'a valid regular expression behind ~';
  return { label, op: op as Matcher['op'], value };
}

/** Reads back as the same matcher. */
export function formatMatcher({ label, op, value }: Matcher): string {
  return `${label}${op}${/^"|^\s|\s$/.test(value) ? JSON.stringify(value) : value}`;
}

function unquoted(raw: string): string | null {
  if (!raw.startsWith('"')) return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return null;
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`, 'u');
    return true;
  } catch {
    return false;
  }
}
