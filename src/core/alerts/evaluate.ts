import type { Alert, RuleVerdict } from '../../domain/alert.ts';
import type { HostState } from '../../domain/host.ts';
import type { RuleSettings } from '../../domain/receiver.ts';
import type { Run } from '../../domain/run.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { KnownProject, KnownRun } from '../../domain/state.ts';
import { isBrieflyGone } from '../events/known.ts';
import { RULES } from '../rules/index.ts';
import type { GpuSubject, Rule, RunRule } from '../rules/rule.ts';
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

  function askAboutRuns(rule: RunRule): void {
    for (const run of snapshot.runs) {
      if (!scanned.has(run.project)) continue;
      const known = projects[run.project]?.runs[run.config];
      const subject = asCounted(run, known);
      ask(rule, subject, known?.quiet === true ? OLD_NEWS : rule.evaluate(subject));
    }
  }

  function goOnWithout(identity: string, alert: Alert): void {
    const isOff = settings[alert.rule]?.enabled !== true;
    const verdict = isOff ? NOT_WATCHED : verdictWithoutSubject(identity, alert, snapshot, scanned, projects);
    const about = { identity, rule: alert.rule, labels: alert.labels, settings: OFF };
    keep(identity, stepAlert(alert, verdict, about, snapshot.at));
  }

  const gpus = snapshot.hosts.flatMap(gpusOf);
  for (const rule of RULES) {
    if (rule.scope === 'host') for (const host of snapshot.hosts) ask(rule, host, rule.evaluate(host));
    if (rule.scope === 'gpu') for (const gpu of gpus) ask(rule, gpu, rule.evaluate(gpu));
    if (rule.scope === 'run') askAboutRuns(rule);
  }
  for (const [identity, alert] of Object.entries(before)) {
    if (!asked.has(identity)) goOnWithout(identity, alert);
  }
  return { open, resolved };
}

type AskedOf<Subject> = Pick<Rule, 'name'> & {
  identity(subject: Subject): Alert['labels'];
  labels(subject: Subject): Alert['labels'];
};

const OLD_NEWS: RuleVerdict = { state: 'clear', reason: 'old news' };

const NOT_WATCHED: RuleVerdict = { state: 'clear', reason: 'no longer watched' };

const OFF: RuleSettings = { enabled: false, severity: 'info', holdForMs: Number.POSITIVE_INFINITY };

function gpusOf(host: HostState): GpuSubject[] {
  return (host.sample?.gpus ?? []).map((gpu) => ({ host, gpu }));
}

/** The session is counted over the pruning of logs, which is no new start. */
function asCounted(run: Run, known: KnownRun | undefined): Run {
  return known === undefined || known.session === run.sessions ? run : { ...run, sessions: known.session };
}

/** An alert whose subject the snapshot does not show: not read, away for a moment, or gone. */
function verdictWithoutSubject(
  identity: string,
  { labels }: Alert,
  snapshot: Snapshot,
  scanned: ReadonlySet<string>,
  projects: Readonly<Record<string, KnownProject>>,
): RuleVerdict {
  if (labels.gpu !== undefined) {
    const host = snapshot.hosts.find(({ name }) => name === labels.host);
    return verdictWithoutGpu(identity, host);
  }
  const { project = '', run = '' } = labels;
  const isConfigured = snapshot.projects.some(({ name }) => name === project);
  if (isConfigured && !scanned.has(project)) return { state: 'unknown', reason: 'not read yet' };
  if (isBrieflyGone(projects[project]?.runs[run], snapshot.at)) return { state: 'unknown', reason: 'gone just now' };
  const still = snapshot.runs.some((other) => other.config === run && other.project === project);
  return still ? { state: 'clear', reason: 'started again' } : NOT_WATCHED;
}

/** A GPU that was lost before its UUID was known goes by its place on the bus, and by the UUID once it is back. */
function verdictWithoutGpu(identity: string, host: HostState | undefined): RuleVerdict {
  if (host === undefined) return NOT_WATCHED;
  if (host.reachable !== true) return { state: 'unknown', reason: 'host out of reach' };
  if (host.sample?.gpus == null) return { state: 'unknown', reason: 'GPUs not known' };
  const gpu = host.sample.gpus.find(({ busId }) => busId !== '' && identity.includes(JSON.stringify(busId)));
  return gpu?.state === 'ok' ? { state: 'clear', reason: 'answers again' } : NOT_WATCHED;
}
