import type { HostState } from './host.ts';
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
}

/** All runs and hosts at one instant. */
export interface Snapshot {
  readonly at: Instant;
  readonly hosts: readonly HostState[];
  readonly projects: readonly ProjectState[];
  readonly runs: readonly Run[];
}
