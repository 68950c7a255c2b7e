import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HostError } from '../../../src/domain/host.ts';
import { createSshConnector } from '../../../src/edge/connectors/ssh.ts';
import { type HostKeyType, needSshd, type Sshd, startSshd } from '../../support/sshd.ts';
import { sshOptions, USUAL } from './ssh-options.ts';

const exec = promisify(execFile);

/** One run over a connection of its own: what it printed, or the error. */
async function tryOnce(sshd: Sshd): Promise<string | HostError> {
  const connector = createSshConnector(sshOptions(sshd));
  try {
    return (await connector.run('echo in', {}, USUAL)).stdout.toString();
  } catch (error) {
    return error as HostError;
  } finally {
    await connector.close();
  }
}

async function refusal(sshd: Sshd): Promise<HostError> {
  const answer = await tryOnce(sshd);
  assert.ok(typeof answer !== 'string', 'the key was accepted');
  return answer;
}

async function keyOf(sshd: Sshd, type: HostKeyType): Promise<{ line: string; fingerprint: string }> {
  const path = join(sshd.folder, `host_${type}.pub`);
  const { stdout } = await exec('ssh-keygen', ['-l', '-f', path]);
  const [algorithm, key] = (await readFile(path, 'utf8')).split(' ');
  return { line: `${algorithm} ${key}`, fingerprint: stdout.split(' ')[1] ?? '' };
}

describe('ssh host keys', () => {
  let sshd: Sshd;
  let knownHosts: string;
  let name: string;
  before(async function () {
    needSshd(this);
    sshd = await startSshd({ hostKeys: ['ecdsa', 'ed25519', 'rsa'], known: [] });
    knownHosts = join(sshd.home, '.ssh', 'known_hosts');
    name = `[127.0.0.1]:${sshd.port}`;
  });
  after(() => sshd?.stop());

  it('refuses an unknown key, and says how to add it', async () => {
    await writeFile(knownHosts, '# nobody\n\nnonsense\n');
    const { kind, message } = await refusal(sshd);
    const { fingerprint } = await keyOf(sshd, 'ed25519');
    assert.equal(kind, 'host-key-unknown');
    assert.ok(message.includes(`ssh-ed25519 ${fingerprint}`), message);
    assert.ok(message.includes(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >> '${knownHosts}'`), message);
    assert.match(message, /\(ssh root@|\(ssh /);
  });

  const types: HostKeyType[] = ['ed25519', 'ecdsa', 'rsa'];
  for (const type of types) {
    it(`asks for the ${type} key where only that one is known`, async () => {
      await writeFile(knownHosts, `${name} ${(await keyOf(sshd, type)).line}\n`);
      assert.equal(await tryOnce(sshd), 'in\n');
    });
  }

  const forms = {
    'a wildcard': () => `[127.0.0.*]:${sshd.port}`,
    'one of several names': () => `gpu9,${name},gpu8`,
    'its name without the port': () => '127.0.0.1',
  };
  for (const [form, hosts] of Object.entries(forms)) {
    it(`knows a host by ${form}`, async () => {
      await writeFile(knownHosts, `${hosts()} ${(await keyOf(sshd, 'ed25519')).line} a comment\n`);
      assert.equal(await tryOnce(sshd), 'in\n');
    });
  }

  it('knows a host by its hashed name', async () => {
    await writeFile(knownHosts, `${name} ${(await keyOf(sshd, 'ed25519')).line}\n`);
    await exec('ssh-keygen', ['-H', '-f', knownHosts]);
    const text = await readFile(knownHosts, 'utf8');
    assert.match(text, /^\|1\|/);
    assert.equal(await tryOnce(sshd), 'in\n');
  });

  it('does not take a negated name', async () => {
    await writeFile(knownHosts, `*,!127.0.0.1,!${name} ${(await keyOf(sshd, 'ed25519')).line}\n`);
    assert.equal((await refusal(sshd)).kind, 'host-key-unknown');
  });

  it('refuses a revoked key, even a known one', async () => {
    const { line } = await keyOf(sshd, 'ed25519');
    await writeFile(knownHosts, `${name} ${line}\n@revoked * ${line}\n`);
    const { kind, message } = await refusal(sshd);
    assert.equal(kind, 'host-key-changed');
    assert.ok(message.endsWith(`which is revoked in ${knownHosts}:2`), message);
  });

  it('looks at known_hosts anew for every connection', async () => {
    await writeFile(knownHosts, '');
    assert.equal((await refusal(sshd)).kind, 'host-key-unknown');
    await exec('sh', ['-c', `ssh-keyscan -p ${sshd.port} 127.0.0.1 >> '${knownHosts}' 2>/dev/null`]);
    assert.equal(await tryOnce(sshd), 'in\n');
  });

  it('refuses a changed key, naming both and the cure', async () => {
    const before = await keyOf(sshd, 'ed25519');
    await writeFile(knownHosts, `# first line\n${name} ${before.line}\n`);
    await sshd.swapHostKey('ed25519');
    const now = await keyOf(sshd, 'ed25519');
    const { kind, message } = await refusal(sshd);
    assert.equal(kind, 'host-key-changed');
    for (const part of [now.fingerprint, before.fingerprint, `${knownHosts}:2`])
      assert.ok(message.includes(part), part);
    const [, cure = ''] = /: (ssh-keygen -f .* -R '[^']*')/.exec(message) ?? [];
    await exec('sh', ['-c', cure]);
    assert.equal((await refusal(sshd)).kind, 'host-key-unknown');
  });

  it('takes a key of another type than the known one for a change', async () => {
    const { line } = await keyOf(sshd, 'ed25519');
    await writeFile(knownHosts, `${name} ssh-dss AAAAB3NzaC1kc3MAAAA=\n${name} ${line}\n`);
    assert.equal(await tryOnce(sshd), 'in\n');
    await writeFile(knownHosts, `${name} ssh-dss AAAAB3NzaC1kc3MAAAA=\n`);
    assert.equal((await refusal(sshd)).kind, 'host-key-changed');
  });

  it('checks keys whatever StrictHostKeyChecking says, and says so once', async () => {
    await writeFile(knownHosts, '');
    await writeFile(join(sshd.home, '.ssh', 'config'), 'Host *\n  StrictHostKeyChecking no\n');
    const options = sshOptions(sshd, { random: () => 0 });
    const connector = createSshConnector(options);
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'host-key-unknown' });
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'paused' });
    await connector.close();
    const notes = options.lines.filter(({ message }) => message === 'a setting of ~/.ssh/config is not followed');
    assert.equal(notes.length, 1);
    assert.match(String(notes[0]?.fields.setting), /StrictHostKeyChecking is not followed/);
  });

  it('reads the file that UserKnownHostsFile names', async () => {
    const own = join(sshd.home, 'keys');
    await writeFile(knownHosts, '');
    await writeFile(own, `${name} ${(await keyOf(sshd, 'rsa')).line}\n`);
    await writeFile(join(sshd.home, '.ssh', 'config'), 'UserKnownHostsFile /nowhere ~/keys\n');
    assert.equal(await tryOnce(sshd), 'in\n');
  });

  it('looks a key up by HostKeyAlias, without the port, and by nothing else', async () => {
    const { line } = await keyOf(sshd, 'ed25519');
    await writeFile(join(sshd.home, '.ssh', 'config'), 'HostKeyAlias GPU1.lab\n');
    await writeFile(knownHosts, `gpu1.lab ${line}\n`);
    assert.equal(await tryOnce(sshd), 'in\n');
    await writeFile(knownHosts, `${name} ${line}\n127.0.0.1 ${line}\n`);
    const unknown = await refusal(sshd);
    assert.equal(unknown.kind, 'host-key-unknown');
    assert.doesNotMatch(unknown.message, /ssh-keyscan/);
    await writeFile(knownHosts, `gpu1.lab ssh-dss AAAAB3NzaC1kc3MAAAA=\n`);
    const changed = await refusal(sshd);
    assert.equal(changed.kind, 'host-key-changed');
    assert.ok(changed.message.includes(`ssh-keygen -f '${knownHosts}' -R 'gpu1.lab'`), changed.message);
  });
});
