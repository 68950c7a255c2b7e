import { probeView } from '../core/views/probe-view.ts';
import type { Command } from './command.ts';
import { oneOf } from './words.ts';

export const probe: Command = {
  name: 'probe',
  description: 'looks at one host, or all, now',
  usage: '[HOST]',
  async run(words, queries, privacy) {
    const [host = null] = words;
    const { hosts: known, runs } = queries.snapshot();
    const names = known.map(({ name }) => name);
    if (host !== null) oneOf('a host', host, names);
    const hosts = await queries.probe(host);
    const view = probeView(hosts, runs, privacy, queries.now());
    return { template: 'probe', data: { ...view }, failed: hosts.some(({ reachable }) => reachable !== true) };
  },
};
