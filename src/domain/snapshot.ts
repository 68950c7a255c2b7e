import type { HostState } from './host.ts';
import type { LauncherReading } from './launcher.ts';
import type { Run } from './run.ts';
import type { Instant } from './time.ts';

export interface ProjectState {
  readonly name: string;
  readonly root: string;
  readonly readFrom: string;
  /** false until its disk has been read and every host asked that its processes may live on. */
  readonly scanned: boolean;
  /** Its disk could not be read the last time: its runs are as they were known. */
  readonly stale: boolean;
  readonly problems: readonly string[];
  /** While its disk is being read: how many of its runs are known whole. */
  readonly reading: { readonly done: number; readonly total: number } | null;
  /** What its launcher wrote since the snapshot before. */
  readonly launcher: LauncherReading | null;
}

/** All runs and hosts at one instant. */
export interface Snapshot {
  readonly at: Instant;
  readonly hosts: readonly HostState[];
  readonly projects: readonly ProjectState[];
  readonly runs: readonly Run[];
}
