import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { multistream, type Logger as Pino, pino, type StreamEntry } from 'pino';

export interface LogSettings {
  readonly level: string;
  /** Where the JSON lines go; null: no files. */
  readonly folder: string | null;
  /** Where people read them, and whether it understands colour; null: nobody does. */
  readonly terminal: { readonly stream: NodeJS.WritableStream; readonly color: boolean; readonly level: string } | null;
  readonly redact: (text: string) => string;
}

export interface Log {
  readonly logger: Pino;
  /** Writes out what is still held. */
  close(): Promise<void>;
}

/** Kept files: a fortnight of quiet days, or fourteen busy hours of 10 MB each. */
const FILES_KEPT = 14;
const FILE_SIZE = '10m';

/**
 * The plan's TextLogger: readable lines on the terminal, JSON lines in files rotated by day and size.
 * Every line passes `redact` whole, so that no field can carry a secret past it.
 */
export async function openLog({ level, folder, terminal, redact }: LogSettings): Promise<Log> {
  const streams: StreamEntry[] = [];
  const closing: (() => Promise<void>)[] = [];
  if (terminal !== null) {
    const { PinoPretty } = await import('pino-pretty');
    const pretty = PinoPretty({
      destination: terminal.stream,
      colorize: terminal.color,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss',
      singleLine: true,
    });
    streams.push({
      level: terminal.level as 'info',
      stream: { write: (line: string) => void pretty.write(redact(line)) },
    });
  }
  if (folder !== null) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { default: roll } = await import('pino-roll');
    const file = await roll({
      file: join(folder, 'pylon.jsonl'),
      frequency: 'daily',
      dateFormat: 'yyyy-MM-dd',
      size: FILE_SIZE,
      limit: { count: FILES_KEPT },
    });
    streams.push({ level: level as 'info', stream: { write: (line: string) => void file.write(redact(line)) } });
    closing.push(
      () =>
        new Promise((resolve) => {
          file.once('close', () => resolve());
          file.end();
        }),
    );
  }
  const logger = pino({ level, base: null }, multistream(streams));
  return {
    logger,
    close: async () => {
      await Promise.all(closing.map((close) => close()));
    },
  };
}
