import assert from 'node:assert/strict';
import { parseSshTarget } from '../../../src/edge/connectors/ssh-target.ts';

const good: [string, ReturnType<typeof parseSshTarget>][] = [
  ['gpu1', { user: null, host: 'gpu1', port: null }],
  ['alice@gpu1', { user: 'alice', host: 'gpu1', port: null }],
  ['alice@gpu1.lab.example:2222', { user: 'alice', host: 'gpu1.lab.example', port: 2222 }],
  ['alice@corp.example@gpu1', { user: 'alice@corp.example', host: 'gpu1', port: null }],
  ['10.0.0.7:22', { user: null, host: '10.0.0.7', port: 22 }],
  ['alice@[fe80::1]:2222', { user: 'alice', host: 'fe80::1', port: 2222 }],
  ['[::1]', { user: null, host: '::1', port: null }],
  ['größe-1', { user: null, host: 'größe-1', port: null }],
  ['gpu_1+a:65535', { user: null, host: 'gpu_1+a', port: 65_535 }],
];

const refused = [
  '',
  '@',
  'alice@',
  '@gpu1',
  '-oProxyCommand=touch x',
  '-oProxyCommand',
  'alice@-oProxyCommand',
  '-l@gpu1',
  'gpu1 -oProxyCommand=x',
  'gpu1\n',
  'gpu1\nHost *',
  'al\tice@gpu1',
  'gpu1\0',
  '\x1b[31mgpu1',
  "gpu1'",
  'gpu1"',
  '`id`@gpu1',
  '$(id)',
  '$HOME@gpu1',
  'gpu1;id',
  'gpu1|id',
  'gpu1&',
  'gpu*',
  'gpu1\u202e',
  'gpu\u200b1',
  'gpu1:0',
  'gpu1:65536',
  'gpu1:ssh',
  'gpu1:',
  'gpu1:22:22',
  'gpu1:-1',
  'gpu1: 22',
  '::1',
  '[::1',
  '[gpu1]:22',
  '[::1]22',
  'a'.repeat(300),
];

describe('names of ssh hosts', () => {
  for (const [text, target] of good) {
    it(`reads ${text}`, () => assert.deepEqual(parseSshTarget(text), target));
  }

  for (const text of refused) {
    it(`refuses ${JSON.stringify(text).slice(0, 60)}`, () => {
      assert.throws(
        () => parseSshTarget(text),
        (error: Error & { kind?: string }) => {
          assert.equal(error.kind, 'refused-name');
          assert.doesNotMatch(error.message, /[\x00-\x1f\x7f-\x9f\u200b\u202e]/);
          assert.ok(error.message.length < 200);
          return true;
        },
      );
    });
  }
});
