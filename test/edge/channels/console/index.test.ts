import assert from 'node:assert/strict';
import { createConsole, renderText } from '../../../../src/edge/channels/console/index.ts';
import { oomAlert } from '../../../contracts/messages.ts';

describe('console: channel', () => {
  for (const color of [true, false]) {
    it(`prints a message whole, ${color ? 'in colour' : 'plain'}`, async () => {
      let written = '';
      const write = (text: string): void => {
        written += text;
      };
      const channel = createConsole({ write, color, width: 80 });
      assert.deepEqual(await channel.send(oomAlert(), 'k'), {});
      assert.equal(written, `${renderText(oomAlert(), { color, width: 80 })}\n`);
      assert.equal(written.includes('\x1b['), color);
      assert.match(written, /Tried to allocate/);
    });
  }
});
