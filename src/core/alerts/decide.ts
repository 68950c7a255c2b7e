import type { Alert, Labels, Severity } from '../../domain/alert.ts';
import type { Content, Delivery } from '../../domain/delivery.ts';
import type { Destination } from '../../domain/receiver.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import type { AlertView } from '../../domain/views.ts';
import { alertContent, alertView, membersOf } from './content.ts';
import { type Routing, type Target, targetsOf } from './route.ts';

export type DeliveryTable = Readonly<Record<string, Delivery>>;

/** Why something is told or not told to a receiver; one line in the log for each decision. */
export interface Decision {
  readonly receiver: string;
  readonly group: string;
  readonly told: boolean;
  readonly reason: string;
}

export interface Decided {
  readonly deliveries: DeliveryTable;
  readonly decisions: readonly Decision[];
}

const GROUP_WAIT = 30 * SECOND;

/** A group that has this many ended members forgets the oldest of them. */
const ENDED_KEPT = 50;

const EDITABLE: ReadonlySet<Destination['kind']> = new Set(['slack', 'discord-webhook']);

/**
 * The message that should be standing at every receiver and group after these alerts changed. The
 * stages: route (who hears it) → group (which message carries it) → wait (when it may go out first).
 */
export function decideAlerts(before: DeliveryTable, alerts: readonly Alert[], routing: Routing, now: Instant): Decided {
  const deliveries: Record<string, Delivery> = { ...before };
  const decisions: Decision[] = [];
  const openRows = new Map(
    Object.values(before)
      .filter((row) => !row.closed)
      .map((row) => [row.group, row]),
  );
  const changed = new Map<string, { target: Target; members: AlertView[] }>();

  for (const alert of alerts) {
    const labels = { ...alert.labels, kind: 'alert', rule: alert.rule, severity: alert.severity };
    const targets = targetsOf(labels, routing);
    if (targets.length === 0) {
      decisions.push({ receiver: '-', group: alert.id, told: false, reason: 'no route matches' });
    }
    for (const target of targets) {
      const group = groupKey(target, labels);
      const entry = changed.get(group);
      if (entry === undefined) changed.set(group, { target, members: [alertView(alert)] });
      else entry.members.push(alertView(alert));
    }
  }

  for (const [group, { target, members }] of changed) {
    const row = openRows.get(group);
    const told = row === undefined ? members.filter((member) => member.state === 'firing') : members;
    if (told.length === 0) {
      decisions.push({ receiver: target.receiver.name, group, told: false, reason: 'ended before it was told' });
      continue;
    }
    const next = row === undefined ? newRow(group, target, told, now) : mergedRow(row, told, target, now);
    deliveries[next.key] = next;
    if (next !== row) {
      decisions.push({ receiver: target.receiver.name, group, told: true, reason: target.because });
    }
  }
  return { deliveries, decisions };
}

/** A one-shot message. Those of the same name that still wait to be sent become one. */
export interface Notice {
  readonly name: string;
  readonly labels: Labels;
  readonly content: Content;
  /** The content that tells both; without it every notice is a message of its own. */
  readonly merge?: (waiting: Content, added: Content) => Content;
}

/** A notice or a digest for everyone who wants it. */
export function decideNotice(before: DeliveryTable, notice: Notice, routing: Routing, now: Instant): Decided {
  const deliveries: Record<string, Delivery> = { ...before };
  const decisions: Decision[] = [];
  const kind = notice.content.kind === 'digest' ? 'digest' : 'event';
  const targets = targetsOf({ ...notice.labels, kind }, routing);
  for (const target of targets) {
    const group = `${target.receiver.name}|${kind}|${notice.name}`;
    const row = noticeRow(deliveries, group, target, notice, now);
    deliveries[row.key] = row;
    decisions.push({ receiver: target.receiver.name, group, told: true, reason: target.because });
  }
  if (targets.length === 0) {
    decisions.push({ receiver: '-', group: notice.name, told: false, reason: 'no route matches' });
  }
  return { deliveries, decisions };
}

function noticeRow(rows: DeliveryTable, group: string, target: Target, notice: Notice, now: Instant): Delivery {
  const { content, merge } = notice;
  if (merge === undefined) {
    return { ...emptyRow(`${group}|${now.toString(36)}`, group, target.receiver.name, content, now), closed: true };
  }
  const waiting = Object.values(rows).find(
    (row) => row.group === group && row.attempts === 0 && row.deliveredVersion === 0,
  );
  if (waiting !== undefined) return { ...waiting, desired: merge(waiting.desired, content), updatedAt: now };
  const row = emptyRow(`${group}|${now.toString(36)}`, group, target.receiver.name, content, now);
  return { ...row, closed: true, notBefore: now + groupWait(target, content.severity) };
}

function groupKey(target: Target, labels: Labels): string {
  const values = target.groupBy.map((name) => `${name}=${JSON.stringify(labels[name] ?? '')}`);
  return `${target.receiver.name}|alert|${values.join(',')}`;
}

function newRow(group: string, target: Target, members: readonly AlertView[], now: Instant): Delivery {
  const content = alertContent('alert', members);
  const row = emptyRow(`${group}|${members[0]?.id ?? ''}`, group, target.receiver.name, content, now);
  return { ...row, alertIds: members.map((member) => member.id), notBefore: now + groupWait(target, content.severity) };
}

function groupWait(target: Target, severity: Severity | null): number {
  if (target.groupWaitMs !== null) return target.groupWaitMs;
  const { kind } = target.receiver.destination;
  if (kind === 'console') return 0;
  return severity === 'critical' && EDITABLE.has(kind) ? 0 : GROUP_WAIT;
}

function mergedRow(row: Delivery, changes: readonly AlertView[], target: Target, now: Instant): Delivery {
  const members = new Map(membersOf(row.desired).map((member) => [member.id, member]));
  for (const change of changes) {
    if (change.state === 'firing' || members.has(change.id)) members.set(change.id, change);
  }
  const desired = alertContent('alert', withoutOldest([...members.values()], row.delivered));
  if (JSON.stringify(desired) === JSON.stringify(row.desired)) return row;
  const mayEdit = EDITABLE.has(target.receiver.destination.kind) || row.deliveredVersion === 0;
  return {
    ...row,
    desired,
    desiredVersion: row.desiredVersion + 1,
    alertIds: membersOf(desired).map((member) => member.id),
    closed: desired.resolved,
    notBefore: mayEdit ? row.notBefore : Math.max(row.notBefore, (row.deliveredAt ?? now) + target.groupIntervalMs),
    ...(row.gaveUp ? { gaveUp: false, attempts: 0, nextAttemptAt: now } : {}),
    updatedAt: now,
  };
}

/** Only ends that have been told may be forgotten. */
function withoutOldest(members: readonly AlertView[], delivered: Content | null): AlertView[] {
  const told = new Set(
    delivered === null ? [] : membersOf(delivered).flatMap(({ id, state }) => (state === 'resolved' ? [id] : [])),
  );
  const ended = members
    .filter((member) => member.state === 'resolved' && told.has(member.id))
    .sort((a, b) => (b.ends_at ?? '').localeCompare(a.ends_at ?? ''));
  const dropped = new Set(ended.slice(ENDED_KEPT).map((member) => member.id));
  return members.filter((member) => !dropped.has(member.id));
}

function emptyRow(key: string, group: string, receiver: string, desired: Content, now: Instant): Delivery {
  return {
    key,
    receiver,
    group,
    desired,
    desiredVersion: 1,
    alertIds: [],
    delivered: null,
    deliveredVersion: 0,
    deliveredAt: null,
    receipt: null,
    detailsOwed: false,
    notBefore: now,
    attempts: 0,
    nextAttemptAt: now,
    lastError: null,
    gaveUp: false,
    closed: false,
    createdAt: now,
    updatedAt: now,
  };
}
