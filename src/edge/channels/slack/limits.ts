/*
 * Slack's limits. "measured" is what servers do where the reference is silent.
 * Texts are counted in UTF-16 units, as Slack counts them.
 */

/** Blocks of one message (https://docs.slack.dev/reference/block-kit/blocks). */
export const MAX_BLOCKS = 50;

/** Text of all blocks together, else `msg_blocks_too_long`: 13,200 measured; room is left for marks. */
export const MAX_MESSAGE_TEXT = 12_000;

/** Text of one block: that of a section (https://docs.slack.dev/reference/block-kit/blocks/section-block). */
export const MAX_BLOCK_TEXT = 3_000;

/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
export const MAX_HEADER = 150;

/** `indent` of a list (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block). */
export const MAX_INDENT = 8;

/** Length of a link's address (https://docs.slack.dev/reference/block-kit/block-elements/button-element). */
export const MAX_URL = 3_000;

/**
 * Of a message's `text`: 4,000 are advised (https://docs.slack.dev/reference/methods/chat.postMessage), and from there
 * on it may be split (measured).
 */
export const MAX_TEXT = 3_900;

/** One message a second and channel, or webhook (https://docs.slack.dev/apis/web-api/rate-limits). */
export const PACE_MS = 1_000;

/** Pause after a refusal for too many calls that does not say how long. */
export const DEFAULT_RETRY_AFTER_MS = 30_000;

/** Slack answers within 3 s, and longer is an outage; the SDK by itself would wait for ever. */
export const CALL_TIMEOUT_MS = 10_000;

/** Slack sends a command or event again for up to 5 minutes (https://docs.slack.dev/apis/events-api). */
export const REMEMBER_MS = 10 * 60_000;

/** Metadata is refused when it is too large, from where on is not documented: some 4,000 characters are kept to. */
export const MAX_METADATA_KEY = 500;
export const MAX_METADATA_IDS = 50;
export const MAX_METADATA_ID = 64;
