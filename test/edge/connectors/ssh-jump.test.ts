import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connector } from '../../../src/domain/ports.ts';
import { createSshConnector } from '../../../src/edge/connectors/ssh.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock, settle } from '../../support/manual-clock.ts';
import { needSshd, type Sshd, startSshd } from '../../support/sshd.ts';
import { sshOptions, USUAL } from './ssh-options.ts';

describe('ssh through other hosts', () => {
  let gate: Sshd;
  let inner: Sshd;
  let connector: Connector;
  beforeEach(async function () {
    needSshd(this);
    [gate, inner] = await Promise.all([startSshd(), startSshd()]);
    // One home for both: its key may log in at the gate and behind it, and both are known.
    await writeFile(join(gate.folder, 'authorized_keys'), await readFile(join(inner.home, '.ssh/id_ed25519.pub')));
    await appendFile(join(inner.home, '.ssh/known_hosts'), await readFile(join(gate.home, '.ssh/known_hosts')));
    const config = `Host inner\n HostName 127.0.0.1\n Port ${inner.port}\n ProxyJump ${gate.ssh}\n`;
    await writeFile(join(inner.home, '.ssh/config'), config);
  });
  afterEach(async () => {
    await connector?.close();
    await Promise.all([gate?.stop(), inner?.stop()]);
  });

  function connect(changes: Parameters<typeof sshOptions>[1] = {}): Connector {
    connector = createSshConnector(sshOptions({ ssh: `${inner.user}@inner`, home: inner.home }, changes));
    return connector;
  }

  it('runs programs behind the gate', async () => {
    connect();
    const outputs = await Promise.all([1, 2, 3].map((n) => connector.run(`echo ${n} $SSH_CONNECTION`, {}, USUAL)));
    for (const { stdout } of outputs) assert.ok(stdout.toString().trim().endsWith(String(inner.port)));
    assert.match(gate.log(), /Accepted publickey/);
    const big = await connector.run('head -c 700000 /dev/zero', {}, USUAL);
    assert.equal(big.stdout.length, 700_000);
  });

  it('says at which host it failed', async () => {
    await inner.halt();
    connect();
    await assert.rejects(connector.run('true', {}, USUAL), {
      kind: 'unreachable',
      message: `${gate.ssh} (ProxyJump) could not reach 127.0.0.1:${inner.port}: (SSH) Channel open failure: Connection refused`,
    });
    await connector.close();
    await gate.halt();
    connect();
    await assert.rejects(connector.run('true', {}, USUAL), {
      kind: 'unreachable',
      message: `${gate.ssh} refuses connections: no SSH server listens there`,
    });
  });

  it('checks the keys of both', async () => {
    await inner.swapHostKey();
    connect();
    await assert.rejects(connector.run('true', {}, USUAL), {
      kind: 'host-key-changed',
      message: new RegExp(`^${inner.ssh} shows another key`),
    });
    await connector.close();
    await gate.swapHostKey();
    connect();
    await assert.rejects(connector.run('true', {}, USUAL), {
      kind: 'host-key-changed',
      message: new RegExp(`^${gate.ssh} shows another key`),
    });
  });

  it('gives no advice for an unknown key that would not work from here', async () => {
    await writeFile(join(inner.home, '.ssh/known_hosts'), await readFile(join(gate.home, '.ssh/known_hosts')));
    connect();
    await assert.rejects(connector.run('true', {}, USUAL), {
      kind: 'host-key-unknown',
      message: /If that is its key, log in once as the bot's user \(ssh \w+@inner\)$/,
    });
  });

  it('is lost with the gate, found again with it, and leaves nothing behind', async () => {
    const clock = manualClock();
    connect({ clock });
    const stream = await connector.stream('while :; do echo; sleep 0.05; done', {}, () => {});
    await gate.dropConnections();
    assert.match(await stream.ended, /closed the connection|was lost/);
    assert.equal((await connector.run('echo back', {}, USUAL)).stdout.toString(), 'back\n');
    await connector.close();
    await eventually(
      'the gate is left',
      async () => !(await readFile(`/proc/${process.pid}/net/tcp`, 'utf8').then(established(gate.port), () => false)),
    );
    await settle();
    assert.equal(clock.waiting(), 0);
  });

  it('gives up a gate that stands still', async () => {
    const clock = manualClock();
    connect({ clock });
    await connector.run('true', {}, USUAL);
    await gate.freeze();
    const waiting = assert.rejects(connector.run('true', {}, { ...USUAL, timeoutMs: 60_000 }), { kind: 'timeout' });
    await settle();
    clock.advance(15_000);
    await waiting;
  });
});

/** Whether a socket of this machine is connected to the port (state 01 in /proc/net/tcp). */
function established(port: number): (table: string) => boolean {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')} 01 `;
  return (table) => table.includes(address);
}
