import type { Clock, Logger } from '../../../domain/ports.ts';

export interface SlackAppOptions {
  /** xoxb-... */
  readonly botToken: string;
  /** xapp-..., with connections:write; null: no commands, only messages. */
  readonly appToken: string | null;
  /** Another server in Slack's place; null for Slack itself. */
  readonly apiUrl: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
}
