import { HostError } from '../../domain/host.ts';
import type { Clock, Random } from '../../domain/ports.ts';
import { type Instant, isoTime, MINUTE, SECOND } from '../../domain/time.ts';
import { backoffDelay } from '../../util/backoff.ts';

const USUAL_BACKOFF = { firstMs: 1 * SECOND, maxMs: 60 * SECOND };
/** sshd shuts an address out for up to ten minutes after failed logins (PerSourcePenalties in sshd_config). */
const COSTLY_BACKOFF = { firstMs: 60 * SECOND, maxMs: 10 * MINUTE };

/** Keeps a failing host from being tried again and again. */
export interface Breaker {
  /** Throws HostError `paused`, with the last failure as its cause, until the next attempt is due. */
  check(): void;
  /** `costly`: each attempt harms the host or us, as a refused login does; the waits are longer. */
  failed(cause: HostError, costly: boolean): void;
  succeeded(): void;
}

export function createBreaker({ clock, random }: { readonly clock: Clock; readonly random: Random }): Breaker {
  let failures = 0;
  let pause: { cause: HostError; delayMs: number; until: Instant } | null = null;
  return {
    check() {
      if (pause === null) return;
      const left = pause.until - clock.now();
      // Longer than the delay itself: the clock was set back.
      if (left <= 0 || left > pause.delayMs) return;
      throw new HostError('paused', `${pause.cause.message} (tried again at ${isoTime(pause.until)})`, {
        cause: pause.cause,
      });
    },
    failed(cause, costly) {
      failures += 1;
      const delayMs = backoffDelay(failures, costly ? COSTLY_BACKOFF : USUAL_BACKOFF, random);
      pause = { cause, delayMs, until: clock.now() + delayMs };
    },
    succeeded() {
      failures = 0;
      pause = null;
    },
  };
}
