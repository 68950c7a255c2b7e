import { createHash } from 'node:crypto';
import type { Alert, Labels, RuleVerdict } from '../../domain/alert.ts';
import type { RuleSettings } from '../../domain/receiver.ts';
import type { Instant } from '../../domain/time.ts';

/** What tells alerts apart while they are open: a rule and what it is about, in a fixed order. */
export function alertIdentity(rule: string, labels: Labels): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return `${rule}{${pairs.join(',')}}`;
}

export interface AlertSubject {
  readonly identity: string;
  readonly rule: string;
  readonly labels: Labels;
  readonly settings: RuleSettings;
}

/**
 * The next state of an alert: none, pending, firing or resolved. `unknown` changes nothing, so that a
 * host that cannot be reached neither raises nor resolves.
 * @returns the same object when nothing changed; undefined where there is no alert (any more)
 */
export function stepAlert(
  before: Alert | undefined,
  verdict: RuleVerdict,
  subject: AlertSubject,
  now: Instant,
): Alert | undefined {
  if (verdict.state === 'unknown') return before;
  if (verdict.state === 'clear') return before === undefined ? undefined : clear(before, verdict.reason, now);
  if (before === undefined) return ripen(create(verdict, subject, now), subject.settings, now);
  const told = before.summary === verdict.summary && sameTexts(before.evidence, verdict.evidence);
  const current = told ? before : { ...before, summary: verdict.summary, evidence: verdict.evidence };
  return ripen(current, subject.settings, now);
}

function create(
  verdict: RuleVerdict & { state: 'holds' },
  { identity, rule, labels, settings }: AlertSubject,
  now: Instant,
): Alert {
  const fingerprint = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return {
    id: `${fingerprint}-${now.toString(36)}`,
    fingerprint,
    rule,
    severity: settings.severity,
    state: 'pending',
    labels,
    summary: verdict.summary,
    evidence: verdict.evidence,
    startsAt: now,
    firedAt: null,
    endsAt: null,
    resolution: null,
  };
}

function ripen(alert: Alert, settings: RuleSettings, now: Instant): Alert {
  if (alert.state !== 'pending' || now - alert.startsAt < settings.holdForMs) return alert;
  return { ...alert, state: 'firing', firedAt: now };
}

function clear(alert: Alert, reason: string, now: Instant): Alert | undefined {
  if (alert.state === 'pending') return undefined;
  return { ...alert, state: 'resolved', endsAt: now, resolution: reason };
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
