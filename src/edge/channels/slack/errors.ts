import { DeliveryError } from '../../../domain/delivery.ts';
import { SECOND } from '../../../domain/time.ts';
import { DEFAULT_RETRY_AFTER_MS } from './limits.ts';

/** A failed call to Slack. `message` holds neither token nor address. */
export class SlackFailure extends DeliveryError {
  /** Slack's own word for it; null where Slack did not answer. */
  readonly code: string | null;
  /** The call may have been carried out all the same. */
  readonly maybeDone: boolean;
  /** What Slack says about the blocks it refuses. */
  readonly problems: readonly string[];

  constructor(
    reason: string,
    facts: {
      permanent: boolean;
      code?: string | null;
      retryAfterMs?: number | null;
      messageGone?: boolean;
      maybeDone?: boolean;
      problems?: readonly string[];
    },
  ) {
    super(reason, facts);
    this.name = 'SlackFailure';
    this.code = facts.code ?? null;
    this.maybeDone = facts.maybeDone ?? false;
    this.problems = facts.problems ?? [];
  }
}

/** Cures of a refused token. */
export const BOT_TOKEN = 'set SLACK_BOT_TOKEN to the "Bot User OAuth Token" of the app (it begins with "xoxb")';
export const APP_TOKEN =
  'set SLACK_APP_TOKEN to an "App-Level Token" of the app with connections:write (it begins with "xapp")';

/** The token is at fault: `account_inactive` when the app was removed from the workspace. */
const TOKEN = new Set([
  'account_inactive',
  'invalid_auth',
  'not_allowed_token_type',
  'not_authed',
  'token_expired',
  'token_revoked',
]);

const INVITE = 'invite the bot with /invite @Pylon';

/**
 * Refusals that last until somebody changes something, and what to change. All others are tried again.
 * https://docs.slack.dev/reference/methods/chat.postMessage#errors
 */
const PERMANENT: Readonly<Record<string, string>> = {
  cannot_reply_to_message: 'this kind of message has no thread',
  channel_not_found: `check the name in the configuration; if the channel is private, ${INVITE}`,
  ekm_access_denied: 'an administrator has suspended the workspace',
  invalid_blocks: 'Slack refuses the message itself',
  invalid_metadata_format: 'Slack refuses the message itself',
  is_archived: 'the channel is archived: name another one in the configuration',
  missing_scope: 'install the app again with slack-manifest.yaml',
  msg_blocks_too_long: 'Slack refuses the message itself',
  msg_too_long: 'Slack refuses the message itself',
  no_permission: 'install the app again with slack-manifest.yaml',
  no_text: 'Slack refuses the message itself',
  not_in_channel: INVITE,
  org_login_required: 'the workspace is being moved to another organisation',
  restricted_action: 'an administrator does not let the app post here',
  restricted_action_read_only_channel: 'the channel is read-only: let the app post, or name another one',
  team_access_not_granted: 'install the app in this workspace',
};

/** The message of the receipt is no longer there, or cannot be changed any more. */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'thread_not_found']);

const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);

/** The blocks are at fault: the same as plain text may pass. */
const BLOCKS = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'invalid_attachments',
  'too_many_attachments',
]);

/** What the SDK's errors have that is read here; they differ by `code` (SDK: errors.ts). */
interface SdkError {
  readonly code?: string;
  readonly retryAfter?: number;
  readonly statusCode?: number;
  readonly original?: Error;
  readonly data?: {
    readonly error?: string;
    readonly response_metadata?: { readonly messages?: string[]; readonly retryAfter?: number };
  };
}

/**
 * What a failed call means. `place` is the channel as the configuration names it, or what was to be done; `tokenCure`
 * names the token that was used.
 */
export function failureOf(error: unknown, place: string, tokenCure: string = BOT_TOKEN): SlackFailure {
  const { code, data, retryAfter, statusCode } = (error ?? {}) as SdkError;
  if (code === 'slack_webapi_rate_limited_error') return limited(place, retryAfter);
  if (code === 'slack_webapi_http_error') {
    return new SlackFailure(`Slack, ${place}: server answered ${statusCode}`, { permanent: false, maybeDone: true });
  }
  if (code !== 'slack_webapi_platform_error' || !data) {
    return new SlackFailure(`Slack, ${place}: no answer (${networkReason(error)})`, {
      permanent: false,
      maybeDone: true,
    });
  }
  if (LIMITED.has(data.error ?? '')) return limited(place, data.response_metadata?.retryAfter);
  if (TOKEN.has(data.error ?? '')) {
    const code = data.error ?? '';
    return new SlackFailure(`Slack, ${place}: ${code}; ${tokenCure}`, { permanent: true, code });
  }
  return refusalOf(data.error ?? '', place, data.response_metadata?.messages ?? []);
}

/** What a refusal in Slack's words means: of the Web API, or of a webhook. */
export function refusalOf(word: string, place: string, problems: readonly string[] = []): SlackFailure {
  // Whatever answers in Slack's place may say anything, and it would be logged.
  const code = /^[a-z_]{1,60}$/.test(word) ? word : 'unreadable answer';
  const fix = PERMANENT[code];
  if (fix !== undefined)
    return new SlackFailure(`Slack, ${place}: ${code}; ${fix}`, { permanent: true, code, problems });
  const messageGone = GONE.has(code);
  return new SlackFailure(`Slack, ${place}: ${code}`, {
    permanent: false,
    code,
    problems,
    messageGone,
    maybeDone: !messageGone,
  });
}

/** Too many calls: not again before the time that Slack names. */
export function limited(place: string, seconds: number | undefined): SlackFailure {
  const retryAfterMs = seconds === undefined ? DEFAULT_RETRY_AFTER_MS : Math.max(1, seconds) * SECOND;
  return new SlackFailure(`Slack, ${place}: too many messages`, {
    permanent: false,
    code: 'ratelimited',
    retryAfterMs,
  });
}

/** Whether plain text is worth trying. */
export function blocksRefused(error: unknown): error is SlackFailure {
  return error instanceof SlackFailure && BLOCKS.has(error.code ?? '');
}

/** Why nothing came back, in words that hold no address: Node's messages may. */
export function networkReason(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause ?? (at as SdkError).original) {
    if (at.name === 'TimeoutError' || at.message === 'timed out') return 'timed out';
    const { code } = at as SdkError;
    if (code !== undefined && /^[A-Z][A-Z_]+$/.test(code)) return code;
  }
  return 'connection failed';
}
