import type { EventFields } from './lines.ts';

/** Words of messages about a fault of the launcher's own, the second somewhere behind the first. */
const FAULTS: readonly (readonly [string, string])[] = [
  ['ssh', 'connection failed'],
  ['systemmonitor', 'disconnected'],
  ['agent', 'crash'],
  ['disk', 'full'],
  ['permission', 'denied'],
];

/** Names of files say nothing of a fault: `configs/agents/crash_test.py`. Quotes around them do not count to them. */
const FILE_NAME = /[^\s'"]*\/[^\s'"]*|[^\s'"]+\.\w{1,5}(?=$|[\s'"])/g;

/** Characters of a message that are looked at, and told. */
const LOOKED_AT = 1_000;

/** null where the message tells of none. */
export function faultOf(message: string): EventFields | null {
  const text = message.slice(0, LOOKED_AT);
  const lower = text.replace(FILE_NAME, '').toLowerCase();
  const isFault = FAULTS.some(([first, second]) => {
    const at = lower.indexOf(first);
    return at >= 0 && lower.includes(second, at + first.length);
  });
  return isFault ? { kind: 'launcher-error', text } : null;
}
