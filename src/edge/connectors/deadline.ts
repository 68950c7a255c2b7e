import type { Clock } from '../../domain/ports.ts';

export interface Deadline {
  /** Aborts with the reason once the time is up. */
  readonly signal: AbortSignal;
  /** Must be called when the work is done: lets go of the timer. */
  cancel(): void;
}

/** The signal also aborts with `parent`, where one is given. */
export function startDeadline(clock: Clock, ms: number, reason: () => Error, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const stopTimer = clock.after(ms, () => controller.abort(reason()));
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  parent?.addEventListener('abort', follow);
  return {
    signal: controller.signal,
    cancel() {
      stopTimer();
      parent?.removeEventListener('abort', follow);
    },
  };
}

/** Settles as `work` does, or rejects with the signal's reason as soon as that aborts; `work` itself goes on. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
