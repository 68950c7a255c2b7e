import { type FileHandle, open } from 'node:fs/promises';

/** UTF-16 units: many times the longest line, and what a file without line ends may take of the memory. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * The lines of a text that comes in pieces, without empty ones. Of a line longer than the limit only
 * its pieces are given. (`node:readline` does not pass on the errors of its input.)
 */
export async function* readLines(chunks: AsyncIterable<string>): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = chunk.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
    if (rest.length > LONGEST_LINE) {
      yield rest;
      rest = '';
    }
  }
  if (rest !== '') yield rest;
}

/**
 * Appends lines, all or none: what a failed write left is cut off. A last line that a crash tore is
 * ended first, so that it damages no other.
 */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const end = (await endsLine(file, size)) ? '' : '\n';
    try {
      await file.appendFile(end + lines.map((line) => `${line}\n`).join(''));
    } catch (error) {
      await file.truncate(size);
      throw error;
    }
  } finally {
    await file.close();
  }
}

async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString('latin1') === '\n';
}
