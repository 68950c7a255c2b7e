import { isUpToDate } from '../core/views/project-problems.ts';
import { statusView } from '../core/views/status-view.ts';
import type { Command } from './command.ts';

export const status: Command = {
  name: 'status',
  description: 'what runs, what failed, which GPUs are idle, and what needs a human now',
  usage: '',
  async run(_words, queries) {
    const { hosts, projects } = queries.snapshot();
    const failed = !projects.every(isUpToDate) || hosts.some(({ reachable }) => reachable !== true);
    return { template: 'status', data: { ...statusView(queries) }, failed };
  },
};
