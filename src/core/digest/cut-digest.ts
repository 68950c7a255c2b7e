import type { DigestView, KeyEventView } from '../../domain/digest.ts';

/** Items of each list in a message; the rest is in the file. */
const IN_A_MESSAGE = 10;

/**
 * The digest as a message tells it: the first items of every list, and how many more there are. It is
 * also what the state keeps of it until it is delivered, and so must stay small.
 */
export function cutDigest(view: DigestView, most: number = IN_A_MESSAGE): DigestView {
  const { experiments, resources, progress, omitted } = view;
  return {
    ...view,
    missed: view.missed.slice(-most),
    experiments: { ...experiments, failed_reasons: experiments.failed_reasons.slice(0, most) },
    resources: { ...resources, hosts: resources.hosts.slice(0, most) },
    events: mostTelling(view.events, most),
    progress: {
      ...progress,
      near_completion: progress.near_completion.slice(0, most),
      long_running: progress.long_running.slice(0, most),
    },
    omitted: {
      missed: omitted.missed + beyond(view.missed, most),
      failed_reasons: omitted.failed_reasons + beyond(experiments.failed_reasons, most),
      hosts: omitted.hosts + beyond(resources.hosts, most),
      events: omitted.events + beyond(view.events, most),
      near_completion: omitted.near_completion + beyond(progress.near_completion, most),
      long_running: omitted.long_running + beyond(progress.long_running, most),
    },
  };
}

/** By time still: what went wrong before what did not, and the newest of it. */
function mostTelling(events: readonly KeyEventView[], most: number): readonly KeyEventView[] {
  const byWeight = [...events].sort((a, b) => weight(b) - weight(a) || Date.parse(b.at) - Date.parse(a.at));
  const kept = new Set(byWeight.slice(0, most));
  return events.filter((event) => kept.has(event));
}

const WENT_WRONG: ReadonlySet<KeyEventView['kind']> = new Set([
  'run-failed',
  'run-stuck',
  'host-lost',
  'run-error',
  'gpus-disconnected',
  'hosts-disconnected',
  'launcher-error',
]);

function weight({ kind }: KeyEventView): number {
  return WENT_WRONG.has(kind) ? 1 : 0;
}

function beyond(list: readonly unknown[], most: number): number {
  return Math.max(0, list.length - most);
}
