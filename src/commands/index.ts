import type { Command } from './command.ts';
import { helpFor } from './help.ts';
import { probe } from './probe.ts';
import { runs } from './runs.ts';
import { status } from './status.ts';
import { summary } from './summary.ts';

const questions: readonly Command[] = [status, summary, runs, probe];

/** Every command there is. A test holds it against the folder. */
export const COMMANDS: readonly Command[] = [...questions, helpFor(questions)];
