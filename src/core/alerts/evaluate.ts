import type { Alert, RuleVerdict } from '../../domain/alert.ts';
import type { RuleSettings } from '../../domain/receiver.ts';
import type { Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { KnownProject, KnownRun } from '../../domain/state.ts';
import { isBrieflyGone } from '../events/known.ts';
import { RULES } from '../rules/index.ts';
import type { HostRule, RunRule } from '../rules/rule.ts';
import { alertIdentity, stepAlert } from './lifecycle.ts';

export type AlertTable = Readonly<Record<string, Alert>>;

export interface Evaluated {
  /** Pending and firing, by identity. */
  readonly open: AlertTable;
  /** Those that ended just now. */
  readonly resolved: readonly Alert[];
}

/**
 * Asks every rule about every subject of the snapshot and moves the alerts on. `projects` is what is
 * known after the snapshot: runs that are quiet there raise nothing. An alert whose subject is gone,
 * or whose rule is off, resolves; one whose project or host could not be read stays as it is.
 */
export function evaluateRules(
  before: AlertTable,
  snapshot: Snapshot,
  projects: Readonly<Record<string, KnownProject>>,
  settings: Readonly<Record<string, RuleSettings>>,
): Evaluated {
  const open: Record<string, Alert> = {};
  const resolved: Alert[] = [];
  const asked = new Set<string>();
  const rulesWithAlerts = new Set(Object.values(before).map((alert) => alert.rule));
  const scanned = new Set(snapshot.projects.filter((project) => project.scanned).map((project) => project.name));

  function ask<Subject>(rule: AskedOf<Subject>, subject: Subject, verdict: RuleVerdict): void {
    const ruleSettings = settings[rule.name];
    if (ruleSettings === undefined || !ruleSettings.enabled) return;
    // Most rules hold of nothing and have nothing open: what tells thousands of runs apart is not asked for nothing.
    if (verdict.state !== 'holds' && !rulesWithAlerts.has(rule.name)) return;
    const identity = alertIdentity(rule.name, rule.identity(subject));
    asked.add(identity);
    const about = { identity, rule: rule.name, labels: rule.labels(subject), settings: ruleSettings };
    keep(identity, stepAlert(before[identity], verdict, about, snapshot.at));
  }

  function keep(identity: string, alert: Alert | undefined): void {
    if (alert === undefined) return;
    if (alert.state === 'resolved') resolved.push(alert);
    else open[identity] = alert;
  }

  for (const rule of RULES) {
    if (rule.scope === 'host') {
      for (const host of snapshot.hosts) ask(rule, host, rule.evaluate(host));
      continue;
    }
    for (const run of snapshot.runs) {
      if (!scanned.has(run.project)) continue;
      const known = projects[run.project]?.runs[run.config];
      const subject = asCounted(run, known);
      ask(rule, subject, known?.quiet === true ? OLD_NEWS : rule.evaluate(subject));
    }
  }

  for (const [identity, alert] of Object.entries(before)) {
    if (asked.has(identity)) continue;
    const verdict = verdictWithoutSubject(alert, snapshot, scanned, projects);
    keep(
      identity,
      stepAlert(alert, verdict, { identity, rule: alert.rule, labels: alert.labels, settings: OFF }, snapshot.at),
    );
  }
  return { open, resolved };
}

type AskedOf<Subject> = Pick<RunRule | HostRule, 'name'> & {
  identity(subject: Subject): Alert['labels'];
  labels(subject: Subject): Alert['labels'];
};

const OLD_NEWS: RuleVerdict = { state: 'clear', reason: 'old news' };

const OFF: RuleSettings = { enabled: false, severity: 'info', holdForMs: Number.POSITIVE_INFINITY };

/** The session is counted over the pruning of logs, which is no new start. */
function asCounted(run: Run, known: KnownRun | undefined): Run {
  return known === undefined || known.session === run.sessions ? run : { ...run, sessions: known.session };
}

/** An alert whose subject the snapshot does not show: not read, away for a moment, or gone. */
function verdictWithoutSubject(
  { labels }: Alert,
  snapshot: Snapshot,
  scanned: ReadonlySet<string>,
  projects: Readonly<Record<string, KnownProject>>,
): RuleVerdict {
  const { project = '', run = '' } = labels;
  const isConfigured = snapshot.projects.some(({ name }) => name === project);
  if (isConfigured && !scanned.has(project)) return { state: 'unknown', reason: 'not read yet' };
  if (isBrieflyGone(projects[project]?.runs[run], snapshot.at)) return { state: 'unknown', reason: 'gone just now' };
  const still = snapshot.runs.some((other) => other.config === run && other.project === project);
  return { state: 'clear', reason: still ? 'started again' : 'no longer watched' };
}
