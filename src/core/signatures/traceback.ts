import { type Exception, isGpuOom } from './gpu-oom.ts';
import type { LogLine } from './lines.ts';
import { barPosition, showsProgress } from './progress.ts';

export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly at: LogLine;
}

/** An exception that nothing in the log shows to be handled. */
export interface Death {
  readonly exception: Exception;
  readonly at: LogLine;
  /** The last frame in the project's own code. */
  readonly frame: Frame | null;
}

const HEADER = 'Traceback (most recent call last):';
const CHAINED = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const FRAME = /^ {0,12}File "([^"]{1,500})", line (\d{1,9})(?:, in.{0,500})?$/;
const FRAME_START = /^ {0,12}File "./;
/** Code that was installed, not written for the run: packages, the standard library, generated code. */
const FOREIGN = /(?:^|\/)(?:site-packages|dist-packages|lib\/python[\d.]{1,6})\/|^</;
/** Exceptions of the interpreter and of nearly every package end like this. */
const EXCEPTION_NAME = /(?:Error|Exception|Interrupt|Exit|Timeout|Failure|Failed|Group|Warning|Iteration|Exhausted)$/;
/** Lines of others that may come between, before a traceback is given up. */
const PATIENCE = 20;

/** What has been seen of one process; several may write into the same log. */
interface Stream {
  open: boolean;
  frames: Frame[];
  /** The first half of a frame that was wrapped. */
  half: string | null;
  /** The line before was indented, so what comes next at the margin is the exception. */
  indented: boolean;
  strangers: number;
  /** Python prints a traceback also of what it ignores while it cleans up. */
  ignored: boolean;
  /** The frame of the traceback before, and the same once this one is known to be chained to it. */
  before: Frame | null;
  cause: Frame | null;
}

const NEW_TRACEBACK = { open: false, half: null, indented: false, strangers: 0 };

/**
 * Reads forward and keeps the exceptions after which the log did not go on: a line that shows training
 * at work, or a progress bar that moves, clears those of its process.
 */
export function findDeaths(lines: readonly LogLine[]): Death[] {
  const streams = new Map<string | null, Stream>();
  let deaths: Death[] = [];
  let bars = new Map<string, number>();
  for (const line of lines) {
    const stream = streams.get(line.rank) ?? newStream();
    streams.set(line.rank, stream);
    const death = readLine(stream, line);
    if (death !== null) {
      deaths.push(death);
      bars = new Map();
    } else if (!stream.open && goesOn(line.text, bars)) {
      deaths = deaths.filter(({ at }) => line.rank !== null && at.rank !== line.rank);
    }
  }
  return deaths;
}

function newStream(): Stream {
  return { ...NEW_TRACEBACK, frames: [], ignored: false, before: null, cause: null };
}

function goesOn(text: string, bars: Map<string, number>): boolean {
  const bar = barPosition(text);
  if (bar === null) return showsProgress(text);
  const before = bars.get(bar.total);
  bars.set(bar.total, bar.count);
  return before !== undefined && bar.count > before;
}

function readLine(stream: Stream, line: LogLine): Death | null {
  const { text } = line;
  if (text.includes(HEADER)) {
    Object.assign(stream, NEW_TRACEBACK, { open: true, frames: [] });
    return null;
  }
  if (readFrame(stream, line)) return null;
  const exception = exceptionOf(text);
  if (stream.open) return readInside(stream, line, exception);
  stream.ignored = text.startsWith('Exception ignored in');
  if (CHAINED.test(text)) stream.cause = stream.before;
  const alone = exception ?? { name: null, message: text };
  return isGpuOom(alone) ? { exception: alone, at: line, frame: null } : null;
}

/** A frame opens a traceback by itself: its header may lie before the text that was read. */
function readFrame(stream: Stream, line: LogLine): boolean {
  const whole = stream.half === null ? line.text : stream.half + line.text;
  const match = FRAME.exec(whole) ?? FRAME.exec(line.text);
  stream.half = match === null && FRAME_START.test(line.text) ? line.text : null;
  if (match?.[1] === undefined) return stream.half !== null;
  stream.frames.push({ file: match[1], line: Number(match[2]), at: line });
  Object.assign(stream, { open: true, indented: true, strangers: 0 });
  return true;
}

function readInside(stream: Stream, line: LogLine, exception: Exception | null): Death | null {
  const { text } = line;
  const follows = stream.indented;
  stream.indented = text === '' || text.startsWith(' ');
  if (stream.indented) return null;
  if (exception === null || !(follows || isExceptionName(exception.name)) || showsProgress(text)) {
    stream.strangers += 1;
    if (stream.strangers > PATIENCE) Object.assign(stream, newStream());
    return null;
  }
  const frame = stream.frames.findLast(({ file }) => !FOREIGN.test(file)) ?? stream.cause;
  const { ignored } = stream;
  Object.assign(stream, newStream(), { before: frame });
  return ignored ? null : { exception, at: line, frame };
}

function isExceptionName(name: string | null): boolean {
  return name !== null && (name.includes('.') || EXCEPTION_NAME.test(name));
}

/** `package.Name: message`, at the margin; a class begins with a capital. */
function exceptionOf(text: string): Exception | null {
  const colon = text.indexOf(':');
  const head = (colon < 0 ? text : text.slice(0, colon)).replace(' (see above for traceback)', '').trimEnd();
  if (!/^[A-Za-z_][\w.<>]{0,199}$/.test(head)) return null;
  if (!/^_{0,2}[A-Z]/.test(head.slice(head.lastIndexOf('.') + 1))) return null;
  return { name: head, message: colon < 0 ? '' : text.slice(colon + 1).trim() };
}
