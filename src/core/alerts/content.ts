import type { Alert, Severity } from '../../domain/alert.ts';
import type { Content } from '../../domain/delivery.ts';
import { isoTime } from '../../domain/time.ts';
import type { AlertGroupView, AlertView } from '../../domain/views.ts';
import { groupBy } from '../../util/group-by.ts';

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** How many names of runs a folded line carries; the template says how many more there are. */
const NAMES_IN_FOLD = 50;

export function alertView(alert: Alert): AlertView {
  const resolved = alert.state === 'resolved';
  return {
    id: alert.id,
    rule: alert.rule,
    severity: alert.severity,
    state: resolved ? 'resolved' : 'firing',
    project: alert.labels.project ?? null,
    host: alert.labels.host ?? null,
    run: alert.labels.run ?? null,
    gpu: alert.labels.gpu ?? null,
    summary: alert.summary,
    evidence: alert.evidence,
    starts_at: isoTime(alert.startsAt),
    ends_at: alert.endsAt === null ? null : isoTime(alert.endsAt),
    resolution: alert.resolution,
    duration_s: alert.endsAt === null ? null : Math.round((alert.endsAt - alert.startsAt) / 1000),
  };
}

/** What a message about these members says. */
export function alertContent(
  template: 'alert' | 'alert-added' | 'alert-resolved',
  members: readonly AlertView[],
): Content {
  const firing = members.filter((member) => member.state === 'firing').length;
  const severity = members.reduce<Severity>(
    (worst, { severity }) => (RANK[severity] > RANK[worst] ? severity : worst),
    'info',
  );
  const ordered = [...members].sort((a, b) => order(a) - order(b) || b.starts_at.localeCompare(a.starts_at));
  const data: AlertGroupView = {
    severity,
    resolved: firing === 0,
    firing,
    total: members.length,
    alerts: ordered,
    folded: fold(ordered),
  };
  return { template, kind: 'alert', severity, resolved: data.resolved, data: { ...data } };
}

function order(member: AlertView): number {
  return member.state === 'firing' ? 0 : 1;
}

function fold(members: readonly AlertView[]): AlertGroupView['folded'] {
  const groups = groupBy(members, (member) => JSON.stringify([member.state, member.rule, member.summary]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const runs = group.flatMap((member) => nameOf(member) ?? []).slice(0, NAMES_IN_FOLD);
    return [{ rule: first.rule, summary: first.summary, state: first.state, count: group.length, runs }];
  });
}

function nameOf({ run, host, gpu }: AlertView): string | null {
  return run ?? (gpu === null ? host : `${host} GPU ${gpu}`);
}

/** The members that a message about alerts tells of. */
export function membersOf(content: Content): readonly AlertView[] {
  return (content.data as unknown as AlertGroupView).alerts;
}

/**
 * What must be said aloud when `desired` takes the place of `delivered`, because an edit notifies
 * nobody: members that are new, and members that ended. Nothing: the edit alone will do.
 */
export function repliesFor(delivered: Content, desired: Content): Content[] {
  if (desired.kind !== 'alert' || delivered.kind !== 'alert') return [];
  const before = new Map(membersOf(delivered).map((member) => [member.id, member.state]));
  const members = membersOf(desired);
  const added = members.filter(({ id, state }) => state === 'firing' && !before.has(id));
  const ended = members.filter(({ id, state }) => state === 'resolved' && before.get(id) !== 'resolved');
  return [
    ...(added.length === 0 ? [] : [replyAbout('alert-added', added, desired)]),
    ...(ended.length === 0 ? [] : [replyAbout('alert-resolved', ended, desired)]),
  ];
}

/** About some members, with the counts of the whole group. */
function replyAbout(
  template: 'alert-added' | 'alert-resolved',
  members: readonly AlertView[],
  group: Content,
): Content {
  const { firing, total } = group.data;
  const content = alertContent(template, members);
  return { ...content, data: { ...content.data, firing, total } };
}
