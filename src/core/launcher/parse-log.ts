import type { LauncherEvent } from '../../domain/launcher.ts';
import type { Instant } from '../../domain/time.ts';
import { faultOf } from './faults.ts';
import { type EventFields, LINES, type Source } from './lines.ts';

interface Line {
  readonly at: Instant;
  readonly level: string;
  readonly message: string;
}

const LINE = /^\[([A-Z]{1,10})\] (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) - /;

/**
 * What the Python Launcher's log says, line by line; what is no line of it, or damaged, yields nothing.
 * Its times are local: `utcOffsetMs` is how far they are ahead of UTC.
 */
export function parseLauncherLog(
  text: string,
  { project, root, utcOffsetMs }: { readonly project: string; readonly root: string; readonly utcOffsetMs: number },
): { readonly events: LauncherEvent[] } {
  const events: LauncherEvent[] = [];
  for (const written of text.split('\n')) {
    const line = parseLine(written, utcOffsetMs);
    const fields = line === null ? null : fieldsOf(line, { root });
    if (line !== null && fields !== null) events.push({ ...fields, at: line.at, project });
  }
  return { events };
}

function parseLine(text: string, utcOffsetMs: number): Line | null {
  const [head, level, date, time] = LINE.exec(text.slice(0, 50)) ?? [];
  if (head === undefined || level === undefined) return null;
  const local = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(local)) return null;
  return { at: local - utcOffsetMs, level, message: text.slice(head.length).trimEnd() };
}

/** Each line is of one kind: what stands further on in a message is a value and no line. */
function fieldsOf({ level, message }: Line, source: Source): EventFields | null {
  const line = LINES.find((known) => message.startsWith(known.start));
  if (line === undefined) return faultOf(message);
  return line.level === level ? line.read(message.slice(line.start.length), source) : null;
}
