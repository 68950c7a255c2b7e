import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { answerStatus, runCli, type World } from '../../src/cli/program.ts';
import type { Queries } from '../../src/domain/queries.ts';
import { askAbout } from '../commands/ask.ts';
import { makeHost, makeProject, makeSnapshot } from '../support/make.ts';
import { useTempFolder } from '../support/temp.ts';

const unreachable = makeHost({ reachable: false });
const stale = makeProject({ stale: true });

describe('the exit status of an answer', () => {
  for (const [what, text, snapshot, over, status] of [
    ['is good', 'runs', {}, {}, 0],
    ['is unexpected', 'summary', {}, { digest: () => Promise.reject(new Error('disk full')) }, 1],
    ['makes no sense of a word', 'runs sort=colour', {}, {}, 2],
    ['knows no such command', 'dance', {}, {}, 2],
    ['is of a host that does not answer', 'probe', { hosts: [unreachable] }, {}, 3],
    ['is of a project that could not be read', 'status', { projects: [stale] }, {}, 3],
    ['is of a date of which nothing is kept', 'summary 2020-01-01', {}, {}, 3],
  ] as const) {
    it(`that ${what} is ${status}`, async () => {
      assert.equal(answerStatus(await askAbout(makeSnapshot(snapshot), text, over as Partial<Queries>)), status);
    });
  }
});

describe('a question about a host that takes connections and says nothing', () => {
  const folder = useTempFolder();
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  afterEach(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  it('ends when it is interrupted, without an answer', async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    writeFileSync(join(folder.path, 'pylon.yaml'), `hosts: [{name: gpu1, ssh: 'ann@127.0.0.1:${port}'}]\n`);
    const out = new PassThrough();
    const world = {
      argv: ['status'],
      cwd: folder.path,
      env: { HOME: folder.path },
      out,
      err: new PassThrough(),
      input: new PassThrough(),
      interrupted: once(server, 'connection').then(() => undefined),
      interrupt: () => undefined,
    };
    assert.equal(await runCli(world as unknown as World), 130);
    assert.equal(out.read(), null);
  });
});
