import type { Message } from '../domain/message.ts';
import { renderText, type TextStyle } from '../edge/channels/console/index.ts';

/** Where a command prints: answers on `out`, everything else on `err`. */
export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
}

/** Columns of output that is no terminal: a file or a pipe. */
const DEFAULT_WIDTH = 100;

export function styleOf(stream: NodeJS.WriteStream, env: Readonly<Record<string, string | undefined>>): TextStyle {
  // https://no-color.org
  const color = stream.isTTY === true && !env.NO_COLOR;
  const { columns } = stream;
  return columns ? { color, width: columns, screen: columns } : { color, width: DEFAULT_WIDTH };
}

export function printMessage(
  stream: NodeJS.WriteStream,
  message: Message,
  env: Readonly<Record<string, string | undefined>>,
): void {
  stream.write(`${renderText(message, styleOf(stream, env))}\n`);
}

/** One object on standard output, and nothing else. */
export function printJson(stream: NodeJS.WriteStream, data: unknown): void {
  stream.write(`${JSON.stringify(data, null, 2)}\n`);
}
