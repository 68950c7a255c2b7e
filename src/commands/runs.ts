import { runsView } from '../core/views/runs-view.ts';
import type { Command } from './command.ts';

export const runs: Command = {
  name: 'runs',
  description: 'every run with its status and progress',
  usage: '',
  async run(_words, queries, { redact }) {
    return { template: 'runs', data: { ...runsView(queries.snapshot(), redact) } };
  },
};
