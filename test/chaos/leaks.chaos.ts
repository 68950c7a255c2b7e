import { noLeaks } from '../acceptance/leaks.ts';

describe('looking at hosts for very long', function () {
  this.timeout(900_000);
  noLeaks({ recorded: 1_000, real: 200 });
});
