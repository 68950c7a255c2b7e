import type { RuleVerdict } from '../../domain/alert.ts';
import type { HostState } from '../../domain/host.ts';
import type { HostRule } from './rule.ts';

/** A host that does not answer, refuses us, or shows another key than the one we know. */
export const hostUnreachable: HostRule = {
  name: 'host-unreachable',
  scope: 'host',
  identity: (host) => ({ host: host.name }),
  labels: (host) => ({ host: host.name }),
  evaluate,
};

function evaluate(host: HostState): RuleVerdict {
  if (host.reachable === null) return { state: 'unknown', reason: 'not probed yet' };
  if (host.reachable) return { state: 'clear', reason: 'reachable again' };
  return { state: 'holds', summary: host.error?.message ?? 'it does not answer', evidence: [] };
}
