import { noLeaks } from './leaks.ts';

describe('looking at hosts for long', function () {
  this.timeout(60_000);
  noLeaks({ recorded: 60, real: 10 });
});
