import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { acquireLock, LockedError, runningSocket } from '../../../src/edge/storage/lock.ts';
import { useTempFolder } from '../../support/temp.ts';

describe('lock', () => {
  const folder = useTempFolder();
  const file = () => join(folder.path, 'pylon.lock');
  const holder = (over: object) =>
    writeFileSync(
      file(),
      JSON.stringify({ pid: process.pid, pid_started: null, host: hostname(), socket: '/s', ...over }),
    );

  it('lets one in, tells who holds it, and is free again after release', async () => {
    const lock = await acquireLock(folder.path, '/s');
    await assert.rejects(acquireLock(folder.path, '/t'), (error: Error) => {
      assert.ok(error instanceof LockedError);
      assert.ok(error.message.includes(String(process.pid)));
      return true;
    });
    assert.equal(await runningSocket(folder.path), '/s');
    await lock.release();
    assert.equal(existsSync(file()), false);
    assert.equal(await runningSocket(folder.path), null);
    await (await acquireLock(folder.path, '/s')).release();
  });

  it('takes over from a process that is gone', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    holder({ pid: child.pid });
    assert.equal(await runningSocket(folder.path), null);
    const lock = await acquireLock(folder.path, '/mine');
    assert.ok(readFileSync(file(), 'utf8').includes('/mine'));
    await lock.release();
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('is not fooled by another process with the same pid', async function () {
    if (!existsSync('/proc/self/stat')) this.skip();
    holder({ pid_started: '1' });
    await (await acquireLock(folder.path, '/mine')).release();
  });

  it('takes over a damaged lock', async () => {
    writeFileSync(file(), '{"pid":');
    await (await acquireLock(folder.path, '/mine')).release();
  });

  it('leaves the lock of another machine alone and says what to do', async () => {
    holder({ host: 'elsewhere.example' });
    await assert.rejects(acquireLock(folder.path, '/mine'), /elsewhere\.example.*remove/s);
    assert.equal(await runningSocket(folder.path), null);
  });
});
