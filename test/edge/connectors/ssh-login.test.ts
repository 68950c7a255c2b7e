import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HostError } from '../../../src/domain/host.ts';
import { createSshConnector, type SshConnectorOptions } from '../../../src/edge/connectors/ssh.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock, settle } from '../../support/manual-clock.ts';
import { needSshd, type Sshd, startSshd } from '../../support/sshd.ts';
import { sshOptions, USUAL } from './ssh-options.ts';

const exec = promisify(execFile);

describe('ssh logins', () => {
  let sshd: Sshd;
  let dotSsh: string;
  const processes: ChildProcess[] = [];
  beforeEach(async function () {
    needSshd(this);
    sshd = await startSshd();
    dotSsh = join(sshd.home, '.ssh');
  });
  afterEach(async () => {
    for (const process of processes.splice(0)) process.kill();
    await sshd?.stop();
  });

  async function tryOnce(changes: Partial<SshConnectorOptions> = {}): Promise<string | HostError> {
    const connector = createSshConnector(sshOptions(sshd, changes));
    try {
      return (await connector.run('echo in', {}, USUAL)).stdout.toString();
    } catch (error) {
      return error as HostError;
    } finally {
      await connector.close();
    }
  }

  async function startAgent(...keys: string[]): Promise<string> {
    const socket = join(sshd.home, 'agent');
    const agent = spawn('sh', ['-c', 'exec ssh-agent -D -a "$0"', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    processes.push(agent);
    await new Promise((resolve) => agent.stdout?.once('data', resolve));
    for (const key of keys) await exec('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    return socket;
  }

  async function makeKey(name: string, ...options: string[]): Promise<string> {
    const path = join(dotSsh, name);
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path, ...options]);
    return path;
  }

  async function allow(key: string): Promise<void> {
    await appendFile(join(sshd.folder, 'authorized_keys'), await readFile(`${key}.pub`));
  }

  for (const [type, name] of [
    ['rsa', 'id_rsa'],
    ['ecdsa', 'id_ecdsa'],
  ] as const) {
    it(`takes the usual key file ${name}`, async () => {
      await rm(join(dotSsh, 'id_ed25519'));
      await allow(await makeKey(name, '-t', type));
      assert.equal(await tryOnce(), 'in\n');
    });
  }

  it('takes the key that IdentityFile names, after wrong ones', async () => {
    await makeKey('wrong');
    await rename(join(dotSsh, 'id_ed25519'), join(dotSsh, 'lab'));
    await writeFile(join(dotSsh, 'config'), 'Host 127.*\nIdentityFile ~/.ssh/wrong\nIdentityFile ~/.ssh/lab\n');
    assert.equal(await tryOnce(), 'in\n');
  });

  it('names what was refused', async () => {
    await writeFile(join(sshd.folder, 'authorized_keys'), '');
    const error = (await tryOnce()) as HostError;
    assert.equal(error.kind, 'auth');
    assert.equal(
      error.message,
      `${sshd.ssh} refused ${join(dotSsh, 'id_ed25519')}. To let the bot's key in: ssh-copy-id -p ${sshd.port} ${sshd.user}@127.0.0.1`,
    );
  });

  it('waits longer after a refused login', async () => {
    await writeFile(join(sshd.folder, 'authorized_keys'), '');
    const clock = manualClock(Date.UTC(2026, 0, 15, 12));
    const connector = createSshConnector(sshOptions(sshd, { clock }));
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'auth' });
    clock.advance(59_000);
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'paused', message: /again at 2026-01-15T12:01:00/ });
    clock.advance(1_000);
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'auth' });
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'paused', message: /again at 2026-01-15T12:03:00/ });
    await connector.close();
  });

  it('says that a key is encrypted, and what to do', async () => {
    await exec('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret words', '-f', join(dotSsh, 'id_ed25519')]);
    const error = (await tryOnce()) as HostError;
    assert.equal(error.kind, 'auth');
    assert.match(
      error.message,
      /there is no key to log in as .*id_ed25519 is encrypted: add it to an ssh-agent \(ssh-add\)/,
    );
  });

  it('says that a key cannot be read or used', async () => {
    await rm(join(dotSsh, 'id_ed25519'));
    await mkdir(join(dotSsh, 'id_ed25519'));
    await writeFile(join(dotSsh, 'id_rsa'), 'no key at all');
    const error = (await tryOnce()) as HostError;
    assert.match(error.message, /id_ed25519 cannot be read \(EISDIR\)\. .*id_rsa is no private key that can be used/);
  });

  it('takes a key of the agent', async () => {
    const socket = await startAgent(join(dotSsh, 'id_ed25519'));
    await rm(join(dotSsh, 'id_ed25519'));
    await rm(join(dotSsh, 'id_ed25519.pub'));
    assert.equal(await tryOnce({ env: { SSH_AUTH_SOCK: socket } }), 'in\n');
  });

  it("offers the agent's keys that stand in the configuration first", async () => {
    const others = [];
    for (let i = 0; i < 8; i += 1) others.push(await makeKey(`other${i}`));
    const socket = await startAgent(...others, join(dotSsh, 'id_ed25519'));
    // The private key is with the agent only, as with an encrypted one.
    await rm(join(dotSsh, 'id_ed25519'));
    assert.equal(await tryOnce({ env: { SSH_AUTH_SOCK: socket } }), 'in\n');
    await rm(join(dotSsh, 'id_ed25519.pub'));
    const error = (await tryOnce({ env: { SSH_AUTH_SOCK: socket } })) as HostError;
    assert.equal(error.kind, 'auth', error.message);
  });

  it('offers no other keys of the agent with IdentitiesOnly', async () => {
    const socket = await startAgent(join(dotSsh, 'id_ed25519'));
    const other = await makeKey('other');
    await writeFile(join(dotSsh, 'config'), `IdentityFile ${other}\nIdentitiesOnly yes\n`);
    assert.equal(((await tryOnce({ env: { SSH_AUTH_SOCK: socket } })) as HostError).kind, 'auth');
    await writeFile(join(dotSsh, 'config'), `IdentityFile ${other}\n`);
    assert.equal(await tryOnce({ env: { SSH_AUTH_SOCK: socket } }), 'in\n');
  });

  it('uses key files when there is no agent behind SSH_AUTH_SOCK', async () => {
    assert.equal(await tryOnce({ env: { SSH_AUTH_SOCK: '/nowhere/agent' } }), 'in\n');
  });

  it('gives up an agent that does not answer', async () => {
    const sockets: Socket[] = [];
    const path = join(sshd.home, 'silent-agent');
    const agent: Server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => agent.listen(path, resolve));
    const clock = manualClock();
    const connector = createSshConnector(sshOptions(sshd, { clock, env: { SSH_AUTH_SOCK: path } }));
    const waiting = assert.rejects(connector.run('true', {}, { ...USUAL, timeoutMs: 60_000 }), { kind: 'timeout' });
    await eventually('the agent is asked', () => sockets.length === 1);
    clock.advance(15_000);
    await waiting;
    const [socket] = sockets;
    socket?.resume();
    await eventually('its socket is closed', () => socket?.destroyed === true);
    await settle();
    await connector.close();
    agent.close();
  });

  it('takes the user from the target, the configuration, or the environment', async () => {
    const host = `127.0.0.1:${sshd.port}`;
    assert.equal(await tryOnce({ ssh: host, env: { USER: sshd.user } }), 'in\n');
    const nobody = (await tryOnce({ ssh: host, env: { USER: 'nobody-here' } })) as HostError;
    assert.match(nobody.message, /^nobody-here@127\.0\.0\.1:\d+ refused/);
    await writeFile(join(dotSsh, 'config'), `User ${sshd.user}\n`);
    assert.equal(await tryOnce({ ssh: host, env: { USER: 'nobody-here' } }), 'in\n');
  });
});
