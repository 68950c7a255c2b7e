import type { Labels, RuleVerdict } from '../../domain/alert.ts';
import type { Gpu, HostState } from '../../domain/host.ts';
import type { Run } from '../../domain/run.ts';

interface RuleBase<Subject> {
  /** The key under `rules` in the configuration. */
  readonly name: string;
  /** What tells this occurrence from others: with the rule's name, the alert's identity. Never what may change meanwhile. */
  identity(subject: Subject): Labels;
  /** What routes may ask for, as it was when the condition began. */
  labels(subject: Subject): Labels;
  evaluate(subject: Subject): RuleVerdict;
}

export type RunRule = RuleBase<Run> & { readonly scope: 'run' };
export type HostRule = RuleBase<HostState> & { readonly scope: 'host' };
export type GpuRule = RuleBase<GpuSubject> & { readonly scope: 'gpu' };
export type Rule = RunRule | HostRule | GpuRule;

/** A GPU and the host it is in. */
export interface GpuSubject {
  readonly host: HostState;
  readonly gpu: Gpu;
}

/** Of one start of a run: one that was started again and died again is a new failure. */
export function runIdentity(run: Run): Labels {
  return { project: run.project, run: run.config, session: String(run.sessions) };
}

export function runLabels(run: Run): Labels {
  return { ...runIdentity(run), host: run.host };
}
