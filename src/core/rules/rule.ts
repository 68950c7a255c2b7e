import type { Labels, RuleVerdict } from '../../domain/alert.ts';
import type { HostState } from '../../domain/host.ts';
import type { Run } from '../../domain/run.ts';

interface RuleBase<Subject> {
  /** The key under `rules` in the configuration. */
  readonly name: string;
  /** What tells this occurrence from others: with the rule's name, the alert's identity. */
  labels(subject: Subject): Labels;
  evaluate(subject: Subject): RuleVerdict;
}

export type RunRule = RuleBase<Run> & { readonly scope: 'run' };
export type HostRule = RuleBase<HostState> & { readonly scope: 'host' };
export type Rule = RunRule | HostRule;

/** The labels every alert about a run has. */
export function runLabels(run: Run): Labels {
  return { project: run.project, host: run.host, run: run.config };
}
