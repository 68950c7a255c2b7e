/** What a Pylon trainer writes while it works, and when it is started again in the same log. */
const TRAINER =
  /^(?:Training|Validation) \[Epoch |^Test epoch \[|^(?:Training|Validation|Test) epoch time: |^Training from scratch|^Loading checkpoint from |iteration_info: /;
const COUNTED = /\b(?:epoch|step|iter|iteration)s?(?:\((?:train|val|test)\))?[^\w]{0,10}\d/i;
const FIGURES = /\d ?\/ ?\d|loss|score|accuracy|\b(?:acc|lr|eta|time|psnr)\b/i;
const BAR = /\b(\d{1,12})\/(\d{1,12}) \[/;

/** Whether a line tells that training is at work. A progress bar alone does not: see barPosition. */
export function showsProgress(text: string): boolean {
  if (TRAINER.test(text)) return true;
  // The summary that wandb prints at the end of any run.
  if (text.startsWith('wandb:') || barPosition(text) !== null) return false;
  return COUNTED.test(text) && FIGURES.test(text);
}

/** Where a progress bar (tqdm's form) stands. A dying process may print it once more. */
export function barPosition(text: string): { readonly count: number; readonly total: string } | null {
  const [, count, total] = BAR.exec(text) ?? [];
  return total === undefined ? null : { count: Number(count), total };
}
