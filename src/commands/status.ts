import { statusView } from '../core/views/status-view.ts';
import type { Command } from './command.ts';

export const status: Command = {
  name: 'status',
  description: 'what runs, what failed, which GPUs are idle, and what needs a human now',
  usage: '',
  async run(_words, queries) {
    return { template: 'status', data: { ...statusView(queries) } };
  },
};
