/*
 * A run of an evaluator: one file of scores instead of epochs.
 */

export const SCORES_FILE = 'evaluation_scores.json';

/** A file of scores up to this size is parsed; of a larger one the end is looked at. */
export const PARSED_BYTES = 1_000_000;

/** What Python writes for numbers that JSON has not. */
const NO_NUMBER = /-?\bInfinity\b|\bNaN\b/g;

/** Whether the text of the scores file is whole JSON, as Python writes it. `size` is the file's: of a large file `text` is only the end. */
export function isScored(text: string, size: number): boolean {
  if (size > PARSED_BYTES) return text.trimEnd().endsWith('}');
  try {
    return typeof JSON.parse(text.replace(NO_NUMBER, '0')) === 'object';
  } catch {
    return false;
  }
}
