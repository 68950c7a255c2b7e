import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { askControl, controlSocketPath, startControl } from '../../../src/edge/http/control.ts';
import { useTempFolder } from '../../support/temp.ts';

describe('control socket', () => {
  const folder = useTempFolder();

  it('carries a question and its answer, for the owner only', async () => {
    const path = await controlSocketPath(folder.path);
    assert.equal(path, join(folder.path, 'pylon.sock'));
    const server = await startControl(path, async (text) => ({ template: 'status', data: { text } }));
    try {
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(await askControl(path, 'status --json "x"'), {
        template: 'status',
        data: { text: 'status --json "x"' },
      });
      await assert.rejects(askControl(path, 'x'.repeat(5000)), /answered 400/);
    } finally {
      await server.close();
    }
    await assert.rejects(askControl(path, 'status'), /ENOENT/);
  });

  it('replaces a socket that a crash left', async () => {
    const path = await controlSocketPath(folder.path);
    const first = await startControl(path, async () => ({ template: 'a', data: {} }));
    const second = await startControl(path, async () => ({ template: 'b', data: {} }));
    assert.equal((await askControl(path, 'x')).template, 'b');
    await first.close();
    await second.close();
  });

  it('moves to a private folder where the path would be too long', async () => {
    const path = await controlSocketPath(join(folder.path, 'x'.repeat(120)));
    assert.ok(Buffer.byteLength(path) < 100);
    const server = await startControl(path, async () => ({ template: 'a', data: {} }));
    assert.equal((await askControl(path, 'x')).template, 'a');
    await server.close();
  });
});
