import type { LauncherEvent } from './launcher.ts';
import type { RunCounts, RunReason, RunStatus } from './run.ts';
import type { Instant } from './time.ts';

interface RunEventBase {
  readonly at: Instant;
  readonly project: string;
  readonly config: string;
  readonly host: string;
}

/** Something that happened at an instant: the difference of two snapshots. */
export type Event =
  | (RunEventBase & { readonly kind: 'run-started' })
  | (RunEventBase & { readonly kind: 'run-restarted'; readonly session: number })
  | (RunEventBase & {
      readonly kind: 'run-finished';
      readonly earlyStopped: boolean;
      readonly completedEpochs: number;
      readonly session: number;
    })
  | (RunEventBase & {
      readonly kind: 'run-failed';
      readonly reason: RunReason;
      readonly summary: string;
      readonly completedEpochs: number;
    })
  | (RunEventBase & { readonly kind: 'run-stuck'; readonly silentSince: Instant | null })
  | (RunEventBase & { readonly kind: 'run-recovered' })
  | (RunEventBase & { readonly kind: 'run-outdated' })
  | (RunEventBase & { readonly kind: 'run-added'; readonly status: RunStatus })
  | (RunEventBase & { readonly kind: 'run-removed' })
  | (RunEventBase & {
      readonly kind: 'epochs-completed';
      readonly from: number;
      readonly to: number;
      readonly total: number | null;
    })
  | {
      readonly kind: 'project-found';
      readonly at: Instant;
      readonly project: string;
      readonly counts: RunCounts;
    }
  | { readonly kind: 'host-lost'; readonly at: Instant; readonly host: string; readonly error: string }
  | { readonly kind: 'host-back'; readonly at: Instant; readonly host: string; readonly awayMs: number }
  | LauncherEvent;
