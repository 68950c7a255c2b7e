import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import {
  entriesFor,
  fingerprint,
  judgeHostKey,
  keyType,
  knownHostsName,
  parseKnownHosts,
} from '../../../src/edge/connectors/known-hosts.ts';

// The public key of github.com, as it publishes it together with its fingerprint.
const GITHUB = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const KEY = Buffer.from(GITHUB, 'base64');
const OTHER = Buffer.concat([KEY.subarray(0, -1), Buffer.from([0])]);

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('known_hosts', () => {
  it('shows a fingerprint as OpenSSH does', () => {
    assert.equal(fingerprint(KEY), 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
    assert.equal(keyType(KEY), 'ssh-ed25519');
    assert.equal(keyType(Buffer.from([0])), '');
    assert.equal(keyType(Buffer.from([255, 255, 255, 255, 65])), 'A');
  });

  const matching: [string, string, number, boolean][] = [
    ['gpu1', 'gpu1', 22, true],
    ['GPU1', 'gpu1', 22, true],
    ['gpu1', 'GPU1', 22, true],
    ['gpu1,10.0.0.7', '10.0.0.7', 22, true],
    ['gpu1', 'gpu1', 2222, false],
    ['[gpu1]:2222', 'gpu1', 2222, true],
    ['[gpu1]:2222', 'gpu1', 22, false],
    ['*', 'gpu1', 22, true],
    ['gpu?', 'gpu1', 22, true],
    ['gpu?', 'gpu', 22, false],
    ['gpu?', 'gpu12', 22, false],
    ['gpu*.lab', 'gpu1.lab', 22, true],
    ['gpu*.lab', 'gpu1xlab', 22, false],
    ['*,!gpu1', 'gpu1', 22, false],
    ['*,!gpu1', 'gpu2', 22, true],
    ['!gpu1', 'gpu2', 22, false],
    ['::1', '::1', 22, true],
    [hashed('gpu1'), 'gpu1', 22, true],
    [hashed('gpu1'), 'gpu2', 22, false],
    [hashed('[gpu1]:2222'), 'gpu1', 2222, true],
    ['|1|not-base64', 'gpu1', 22, false],
    ['|2|c2FsdA==|aGFzaA==', 'gpu1', 22, false],
    [`${'*a'.repeat(12)}`, 'a'.repeat(60), 22, true],
  ];
  for (const [hosts, host, port, expected] of matching) {
    it(`${hosts.slice(0, 20)} ${expected ? 'is' : 'is not'} ${host.slice(0, 12)} at ${port}`, () => {
      const entries = parseKnownHosts(`${hosts} ssh-ed25519 ${GITHUB}`, 'file');
      assert.equal(entriesFor(entries, knownHostsName(host, port)).length === 1, expected);
    });
  }

  it('skips what is not an entry, and keeps the numbers of lines', () => {
    const text = `# comment\n\n  \ngpu1\ngpu1 ssh-ed25519\n@cert-authority * ssh-ed25519 ${GITHUB}\n\tgpu1\tssh-ed25519  ${GITHUB} me@here\r\n`;
    assert.deepEqual(parseKnownHosts(text, 'file'), [
      { file: 'file', line: 7, revoked: false, hosts: 'gpu1', type: 'ssh-ed25519', key: KEY },
    ]);
  });

  const judged: [string, string[], Buffer, string][] = [
    ['nothing is known', [], KEY, 'unknown'],
    ['it is known', [`h ssh-ed25519 ${GITHUB}`], KEY, 'known'],
    ['another is known', [`h ssh-ed25519 ${GITHUB}`], OTHER, 'changed'],
    ['it and another are known', [`h ssh-rsa AAAA`, `h ssh-ed25519 ${GITHUB}`], KEY, 'known'],
    ['one of another type is known', ['h ssh-rsa AAAA'], KEY, 'changed'],
    ['it is revoked', [`h ssh-ed25519 ${GITHUB}`, `@revoked h ssh-ed25519 ${GITHUB}`], KEY, 'revoked'],
    ['another is revoked', [`@revoked h ssh-ed25519 ${GITHUB}`], OTHER, 'unknown'],
  ];
  for (const [when, lines, key, state] of judged) {
    it(`judges a key ${state} when ${when}`, () => {
      assert.equal(judgeHostKey(parseKnownHosts(lines.join('\n'), 'file'), key).state, state);
    });
  }

  it('names the entry of the same type where a key has changed', () => {
    const verdict = judgeHostKey(parseKnownHosts(`h ssh-rsa AAAA\nh ssh-ed25519 ${GITHUB}`, 'file'), OTHER);
    assert.equal(verdict.state === 'changed' && verdict.entry.line, 2);
  });
});
