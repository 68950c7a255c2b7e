/** Longest mark that `cut` sets. */
const MARK_ROOM = 40;

/** How far back a boundary is looked for. */
const BOUNDARY_REACH = 200;

/** What the platform can carry: no control characters but tab and newline, no broken surrogate pairs. */
export function clean(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * Makes text literal as to mentions and links in `text`, the only place of a message that Slack still
 * parses (https://docs.slack.dev/messaging/formatting-message-text#escaping).
 */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Tells how much is missing. */
export function cutMark(missing: number): string {
  return `… cut, ${missing} more characters`;
}

/** At most `max` characters: cut at a line or word, and marked. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = headOf(text, max - MARK_ROOM);
  return `${head} ${cutMark(text.length - head.length)}`;
}

/** The longest beginning of at most `max` characters that ends at a line or, failing that, a word. */
export function headOf(text: string, max: number): string {
  if (text.length <= max) return text;
  const hard = text.slice(0, Math.max(0, max)).replace(/[\ud800-\udbff]$/, '');
  const tail = hard.slice(-BOUNDARY_REACH);
  const line = tail.lastIndexOf('\n');
  const boundary = line > 0 ? line : tail.lastIndexOf(' ');
  return boundary > 0 ? hard.slice(0, hard.length - tail.length + boundary) : hard;
}
