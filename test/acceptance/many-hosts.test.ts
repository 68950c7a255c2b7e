import { manyHosts } from './many-hosts.ts';

describe('many hosts', function () {
  this.timeout(120_000);
  manyHosts({ rate: 6, probeIntervalMs: 20_000, rounds: 3, alreadyStuck: true });
});
