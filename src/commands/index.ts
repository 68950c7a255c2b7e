import type { Command } from './command.ts';
import { events } from './events.ts';
import { helpFor } from './help.ts';
import { probe } from './probe.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { status } from './status.ts';
import { summary } from './summary.ts';

const questions: readonly Command[] = [status, summary, runs, run, probe, events];

/** Every command there is. A test holds it against the folder. */
export const COMMANDS: readonly Command[] = [...questions, helpFor(questions)];
