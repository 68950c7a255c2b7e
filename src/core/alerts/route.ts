import type { Labels } from '../../domain/alert.ts';
import type { Matcher, Receiver, Route } from '../../domain/receiver.ts';
import { MINUTE } from '../../domain/time.ts';

export interface Routing {
  readonly receivers: readonly Receiver[];
  readonly routes: readonly Route[];
}

/** One receiver that is to hear of something, and how it wants it grouped. */
export interface Target {
  readonly receiver: Receiver;
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number | null;
  readonly groupIntervalMs: number;
  /** Which route or wish decided, for the log. */
  readonly because: string;
}

const STANDING_GROUP_BY = ['rule', 'project', 'host'] as const;

/** Whether all matchers hold. An absent label counts as empty, as in Alertmanager. */
export function matches(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => holds(matcher, labels[matcher.label] ?? ''));
}

function holds({ op, value: wanted }: Matcher, value: string): boolean {
  switch (op) {
    case '=':
      return value === wanted;
    case '!=':
      return value !== wanted;
    case '=~':
      return wholePattern(wanted).test(value);
    case '!~':
      return !wholePattern(wanted).test(value);
  }
}

function wholePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}

/** Who hears of something with these labels: the first matching route's receivers, and all that listen anyway. */
export function targetsOf(labels: Labels, { receivers, routes }: Routing): Target[] {
  const targets: Target[] = [];
  const index = routes.findIndex((route) => matches(route.match, labels));
  const route = routes[index];
  for (const receiver of receivers) {
    if (route?.receivers.includes(receiver.name)) {
      targets.push({
        receiver,
        groupBy: route.groupBy,
        groupWaitMs: route.groupWaitMs,
        groupIntervalMs: route.groupIntervalMs,
        because: `route ${index + 1}`,
      });
    } else if (receiver.hears?.some((wish) => matches(wish, labels))) {
      targets.push({
        receiver,
        groupBy: STANDING_GROUP_BY,
        groupWaitMs: null,
        groupIntervalMs: MINUTE,
        because: 'hears it anyway',
      });
    }
  }
  return targets;
}
