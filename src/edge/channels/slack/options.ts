import type { Clock, Logger } from '../../../domain/ports.ts';

export interface SlackAppOptions {
  /** xoxb-... */
  readonly botToken: string;
  /** xapp-..., with connections:write. */
  readonly appToken: string;
  /** Another server in Slack's place; null for Slack itself. */
  readonly apiUrl: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
}
