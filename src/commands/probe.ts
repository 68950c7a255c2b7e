import { probeView } from '../core/views/probe-view.ts';
import { type Command, UsageError } from './command.ts';

export const probe: Command = {
  name: 'probe',
  description: 'looks at one host, or all, now',
  usage: '[HOST]',
  async run(words, queries, privacy) {
    const [host = null] = words;
    const { hosts: known, runs } = queries.snapshot();
    if (host !== null && !known.some(({ name }) => name === host)) {
      throw new UsageError(`no host is named "${host}"; there are: ${known.map(({ name }) => name).join(', ')}`);
    }
    const hosts = await queries.probe(host);
    const view = probeView(hosts, runs, privacy, queries.now());
    return { template: 'probe', data: { ...view }, failed: hosts.some(({ reachable }) => reachable !== true) };
  },
};
