import { runsView } from '../core/views/runs-view.ts';
import type { Command } from './command.ts';

export const runs: Command = {
  name: 'runs',
  description: 'every run with its status and progress',
  usage: '',
  async run(_words, queries, { redact }) {
    const snapshot = queries.snapshot();
    const failed = snapshot.projects.some(({ scanned, stale }) => stale || !scanned);
    return { template: 'runs', data: { ...runsView(snapshot, redact) }, failed };
  },
};
