import { manyHosts } from '../acceptance/many-hosts.ts';

describe('many hosts, in real time', function () {
  this.timeout(900_000);
  manyHosts({ rate: 1, probeIntervalMs: 30_000, rounds: 6, alreadyStuck: false });
});
