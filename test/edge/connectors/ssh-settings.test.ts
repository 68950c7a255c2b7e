import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { readSshSettings, type SshSettings } from '../../../src/edge/connectors/ssh-settings.ts';
import { parseSshTarget } from '../../../src/edge/connectors/ssh-target.ts';
import { useTempFolder } from '../../support/temp.ts';

describe('settings of an ssh host', () => {
  const home = useTempFolder();

  async function read(target: string, config: string, files: Record<string, string> = {}): Promise<SshSettings> {
    await mkdir(join(home.path, '.ssh', 'conf.d'), { recursive: true });
    for (const [name, text] of Object.entries({ config, ...files })) {
      await writeFile(join(home.path, '.ssh', name), text);
    }
    return readSshSettings(parseSshTarget(target), { home: home.path, env: { USER: 'me' } });
  }

  it('has defaults without a configuration', async () => {
    const settings = await readSshSettings(parseSshTarget('gpu1'), { home: home.path, env: { USER: 'me' } });
    assert.deepEqual(settings, {
      label: 'me@gpu1:22',
      typed: 'gpu1',
      host: 'gpu1',
      port: 22,
      user: 'me',
      hostKeyAlias: null,
      identityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(home.path, '.ssh', name)),
      identitiesOnly: false,
      knownHosts: [
        join(home.path, '.ssh', 'known_hosts'),
        join(home.path, '.ssh', 'known_hosts2'),
        '/etc/ssh/ssh_known_hosts',
      ],
      via: null,
      notes: [],
    });
  });

  const labels: [string, string, string, string][] = [
    ['an alias', 'gpu1', 'Host gpu1\n HostName 10.0.0.7\n User alice\n Port 2222\n', 'alice@10.0.0.7:2222'],
    [
      'what the target says over the configuration',
      'bob@gpu1:23',
      'Host gpu1\n User alice\n Port 2222\n',
      'bob@gpu1:23',
    ],
    ['the first value', 'gpu1', 'Host gpu*\n User first\nHost gpu1\n User second\n', 'first@gpu1:22'],
    ['keywords in any case', 'gpu1', 'hOST gpu1\n\thostname=10.0.0.7\n USER = alice\n', 'alice@10.0.0.7:22'],
    ['negated patterns', 'gpu1', 'Host * !gpu1\n User alice\n', 'me@gpu1:22'],
    ['quotes', 'gpu1', 'Host "gpu1"\n User "alice"\n', 'alice@gpu1:22'],
    ['IPv6', 'gpu1', 'Host gpu1\n HostName ::1\n', 'me@[::1]:22'],
    [
      'Match host, and runs no Match exec',
      'gpu1',
      'Match exec "touch /tmp/pylon-owned"\n User x\nMatch host gpu1\n User y\n',
      'y@gpu1:22',
    ],
    ['no ProxyCommand none', 'gpu1', 'ProxyCommand none\n', 'me@gpu1:22'],
  ];
  for (const [what, target, config, label] of labels) {
    it(`follows ${what}`, async () => assert.equal((await read(target, config)).label, label));
  }

  it('takes the own login name where the environment has none', async () => {
    const settings = await readSshSettings(parseSshTarget('gpu1'), { home: home.path, env: {} });
    assert.equal(settings.user, userInfo().username);
  });

  it('reads files for identities and known hosts', async () => {
    const config = 'IdentityFile ~/.ssh/a\nIdentityFile keys/b\nIdentitiesOnly yes\nUserKnownHostsFile ~/k1 none /k2\n';
    const settings = await read('gpu1', config);
    assert.deepEqual(settings.identityFiles, [join(home.path, '.ssh/a'), join(home.path, 'keys/b')]);
    assert.deepEqual(settings.knownHosts, [join(home.path, 'k1'), '/k2', '/etc/ssh/ssh_known_hosts']);
    assert.equal(settings.identitiesOnly, true);
    assert.deepEqual(settings.notes, []);
  });

  it('expands tokens, and says which it does not know', async () => {
    const config =
      'HostName %h.lab\nUser bob\nPort 23\nHostKeyAlias Key.lab\nCheckHostIP yes\n' +
      'IdentityFile ~/%n-%h-%p-%r-%u-%%\nIdentityFile %d/%C\nUserKnownHostsFile ~/known/%h %d/k-%i%x\n';
    const settings = await read('gpu1', config);
    assert.equal(settings.label, 'bob@gpu1.lab:23');
    assert.equal(settings.hostKeyAlias, 'Key.lab');
    assert.deepEqual(settings.identityFiles, [join(home.path, 'gpu1-gpu1.lab-23-bob-me-%'), join(home.path, '%C')]);
    assert.deepEqual(settings.knownHosts.slice(0, 2), [join(home.path, 'known/gpu1.lab'), join(home.path, 'k-%i%x')]);
    assert.deepEqual(settings.notes, ['IdentityFile: %C is not expanded', 'UserKnownHostsFile: %i %x is not expanded']);
  });

  const notes: [string, number][] = [
    ['no', 1],
    ['off', 1],
    ['accept-new', 1],
    ['yes', 0],
    ['ask', 0],
  ];
  for (const [value, count] of notes) {
    it(`has ${count} notes for StrictHostKeyChecking ${value}`, async () => {
      assert.equal((await read('gpu1', `StrictHostKeyChecking ${value}\n`)).notes.length, count);
    });
  }

  it('follows Include, with wildcards, in order, and in a section that matches', async () => {
    const config =
      'Include conf.d/*.conf missing ~/.ssh/other\nHost gpu2\n Include in-section\n Port 5\nHost gpu1\n Include in-section\n Port 6\n';
    const files = {
      'conf.d/10.conf': 'Host gpu1\n User ten\n',
      'conf.d/20.conf': 'Host *\n User twenty\n',
      'conf.d/.hidden.conf': 'User hidden\n',
      'conf.d/note.txt': 'User note\n',
      other: 'Host gpu1\n HostName 10.0.0.1\n',
      'in-section': 'Port 4\nHost gpu2\n HostName 10.0.0.2\n',
    };
    assert.equal((await read('gpu1', config, files)).label, 'ten@10.0.0.1:4');
    assert.equal((await read('gpu2', config, files)).label, 'twenty@10.0.0.2:4');
    assert.equal((await read('gpu3', config, files)).label, 'twenty@gpu3:22');
  });

  it('follows ProxyJump, each hop by its own configuration', async () => {
    const config =
      'Host gpu1\n ProxyJump bob@gate:2222,inner\nHost gate\n HostName gate.example\nHost inner\n User carol\n';
    const settings = await read('gpu1', config);
    assert.equal(settings.via?.label, 'carol@inner:22');
    assert.equal(settings.via?.via?.label, 'bob@gate.example:2222');
    assert.equal(settings.via?.via?.via, null);
    assert.equal((await read('gpu1', 'ProxyJump none\n')).via, null);
  });

  const refused: [string, string, RegExp][] = [
    ['failed', 'ProxyCommand nc %h %p\n', /gives gpu1 a ProxyCommand, which is not supported: use ProxyJump/],
    ['failed', 'Host gpu1\n ProxyJump gpu1\n', /ProxyJump for gpu1 leads in a circle/],
    ['failed', 'Host "gpu1\n User x\n', /~\/\.ssh\/config cannot be understood/],
    ['failed', 'Include config\n', /includes too deep/],
    ['failed', 'HostName %h.%C\n', /HostName of gpu1 holds %C; only %h may stand there/],
    ['failed', 'CanonicalizeHostname yes\n', /gives gpu1 CanonicalizeHostname, which is not supported: set HostName/],
    ['refused-name', 'HostName %%.lab\n', /"%\.lab" is not the name of a host/],
    ['refused-name', "HostKeyAlias x'y\n", /is not the name of a host/],
    ['refused-name', 'HostName -oProxyCommand=x\n', /is not the name of a host/],
    ['refused-name', 'User $(id)\n', /is not the name of a user/],
    ['refused-name', 'Port 99999\n', /is not a port/],
    ['refused-name', 'ProxyJump -oProxyCommand=x\n', /is not the name of a host/],
  ];
  for (const [kind, config, message] of refused) {
    it(`refuses ${JSON.stringify(config)}`, () => assert.rejects(read('gpu1', config), { kind, message }));
  }

  it('prefers ProxyJump to ProxyCommand, as OpenSSH does', async () => {
    const settings = await read('gpu1', 'Host gpu1\nProxyJump gate\nProxyCommand nc %h %p\n');
    assert.equal(settings.via?.host, 'gate');
  });
});
