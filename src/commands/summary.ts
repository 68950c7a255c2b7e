import { type Command, UsageError } from './command.ts';

export const summary: Command = {
  name: 'summary',
  description: 'the digest of today so far, or of a kept date',
  usage: '[YYYY-MM-DD]',
  async run(words, queries) {
    const [date = null] = words;
    if (date !== null && !/^\d{4}-\d{2}-\d{2}$/.test(date)) {
      throw new UsageError(`"${date}" is no date; write it as YYYY-MM-DD`);
    }
    const digest = await queries.digest(date);
    if (digest === null) return { template: 'no-digest', data: { date }, failed: true };
    return { template: 'digest', data: digest };
  },
};
