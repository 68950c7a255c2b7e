/*
 * How a Pylon project lies on disk: pure facts, no decisions. `configs/exp/a.py` writes to `logs/exp/a`,
 * one `train_val_<k>.log` for each start.
 */

/** Where a config's run writes, relative to the project's root: the path decides, not the config's own `work_dir`. */
export function workDirOf(config: string): string {
  return `logs/${config.replace(/^configs\//, '').replace(/\.py$/, '')}`;
}

/** What the launcher catches of a run's standard error; a traceback may stand only there. */
export const ERROR_LOG = 'error.log';

/**
 * The number of epochs after which `progress.json` says that training stopped early; null where it
 * does not say so or cannot be parsed. Keys may be missing or new.
 */
export function earlyStopOfProgress(text: string): number | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { early_stopped: stopped, early_stopped_at_epoch: at } = value as Record<string, unknown>;
  return stopped === true && typeof at === 'number' && Number.isSafeInteger(at) && at >= 0 ? at : null;
}

/**
 * Total epochs from the trainer's `config.json`, which is a Python dict printed through a beautifier and
 * no JSON: the number behind the key `epochs` of the outermost dict. One pass, strings skipped.
 */
export function totalOfConfigDump(text: string): number | null {
  // An escape outside of strings is a token of its own, or an unclosed string would be tried from each of its quotes.
  const token = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|[{[()\]}]|\\./g;
  let depth = 0;
  for (const match of text.matchAll(token)) {
    if ('{[('.includes(match[0])) depth += 1;
    if (')]}'.includes(match[0])) depth -= 1;
    if (depth !== 1 || (match[1] ?? match[2]) !== 'epochs') continue;
    const value = /^\s*:\s*(\d{1,9})\b/.exec(text.slice(match.index + match[0].length, match.index + 200));
    if (value?.[1] !== undefined) return Number(value[1]);
  }
  return null;
}

export interface LogTailFacts {
  /** Completed epochs in `Training stopped early at epoch E`. */
  readonly stoppedAtEpoch: number | null;
  /** T of the last `[Epoch E/T]`. */
  readonly totalEpochs: number | null;
}

/** What the end of a log says, in the form of either logger: with level and time in front, or with the level alone. */
export function factsOfLogTail(text: string): LogTailFacts {
  const stops = text.matchAll(
    /^(?:\[[A-Z]{1,10}\] [-\d]{10} [:\d]{8} - |[A-Z]{1,10}: )Training stopped early at epoch (\d{1,9})\s*$/gm,
  );
  const epochs = text.matchAll(/\b(?:Training|Validation) \[Epoch \d{1,9}\/(\d{1,9})\]/g);
  return { stoppedAtEpoch: lastNumber(stops), totalEpochs: lastNumber(epochs) };
}

function lastNumber(matches: Iterable<RegExpMatchArray>): number | null {
  let last: number | null = null;
  for (const match of matches) last = Number(match[1]);
  return last;
}
