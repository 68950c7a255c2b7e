import type { Severity } from './alert.ts';

/** As in Alertmanager: `label=value`, `!=`, `=~`, `!~`; a pattern must match the whole value. */
export interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export type Destination =
  | { readonly kind: 'slack'; readonly channel: string }
  | { readonly kind: 'slack-webhook'; readonly url: string }
  | { readonly kind: 'discord-webhook'; readonly url: string }
  | { readonly kind: 'email'; readonly to: readonly string[] }
  | { readonly kind: 'console' };

/** A channel plus a destination. */
export interface Receiver {
  readonly name: string;
  readonly destination: Destination;
  /**
   * What it hears whatever the routes say: any of these lists of matchers, each of which must match
   * whole. null: only what a route sends it. The plan's own switches and the terminal are of this kind.
   */
  readonly hears: readonly (readonly Matcher[])[] | null;
}

/** The first route whose matchers all match decides. */
export interface Route {
  readonly match: readonly Matcher[];
  readonly receivers: readonly string[];
  /** Alerts with the same values of these labels share a message. */
  readonly groupBy: readonly string[];
  /** How long the first message of a group waits for company; null: by severity and channel (contracts: Words that decide). */
  readonly groupWaitMs: number | null;
  /** Between messages about one group to a channel that cannot edit. */
  readonly groupIntervalMs: number;
}

export interface RuleSettings {
  readonly enabled: boolean;
  readonly severity: Severity;
  /** How long the condition must hold before the alert fires. */
  readonly holdForMs: number;
}
