import { cutEnd } from '../edge/channels/text-width.ts';

/** Back to the start of the line, which is then erased (ECMA-48: CR, EL). */
const CLEAR_LINE = '\r\u001b[K';

/** Columns of a terminal that does not tell. */
const DEFAULT_COLUMNS = 80;

export interface ProgressLine {
  /** `done` of `total` runs of the host's disk are read; null: none is being read. */
  show(host: string, progress: { readonly done: number; readonly total: number } | null): void;
  /** Leaves the line as if nothing had been there. */
  clear(): void;
}

/** One line that is drawn again and again while something takes long; on a stream that is no terminal, nothing. */
export function createProgressLine(
  stream: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number },
): ProgressLine {
  let shown = false;

  function clear(): void {
    if (shown) stream.write(CLEAR_LINE);
    shown = false;
  }

  return {
    clear,
    show(host, progress) {
      if (progress === null || stream.isTTY !== true) return clear();
      const text = `${host}: ${progress.done} of ${progress.total} runs read`;
      // A terminal wraps a line that fills it, and the next one would not be drawn over it.
      stream.write(`${CLEAR_LINE}${cutEnd(text, (stream.columns ?? DEFAULT_COLUMNS) - 1)}`);
      shown = true;
    },
  };
}
