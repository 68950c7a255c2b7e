import assert from 'node:assert/strict';
import { isMailAddress, parseSmtpUrl } from '../../../../src/edge/channels/email/config.ts';

describe('email: configuration', () => {
  for (const [url, expected] of [
    ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, requireTLS: true, auth: null }],
    ['smtps://mail.example', { host: 'mail.example', port: 465, secure: true, requireTLS: false, auth: null }],
    ['smtp://127.0.0.1:2525', { host: '127.0.0.1', port: 2525, secure: false, requireTLS: false, auth: null }],
    ['smtp://[::1]:25', { host: '::1', port: 25, secure: false, requireTLS: false, auth: null }],
    ['smtp://localhost', { host: 'localhost', port: 587, secure: false, requireTLS: false, auth: null }],
    ['smtp://127.evil.example', { host: '127.evil.example', port: 587, secure: false, requireTLS: true, auth: null }],
    [
      'smtps://bot%40lab.example:p%3Aw%2F@mail.example:1465',
      {
        host: 'mail.example',
        port: 1465,
        secure: true,
        requireTLS: false,
        auth: { user: 'bot@lab.example', pass: 'p:w/' },
      },
    ],
    ['smtp://bot:100%@mail.example', null],
    ['https://mail.example', null],
    ['mail.example:25', null],
    ['smtp://', null],
    ['', null],
  ] as const) {
    it(`reads ${JSON.stringify(url)}`, () => assert.deepEqual(parseSmtpUrl(url), expected));
  }

  for (const [address, expected] of [
    ['ann@lab.example', true],
    ["o'neil+gpu@lab.example", true],
    ['jörg@läb.example', true],
    ['ann', false],
    ['ann@', false],
    ['@lab.example', false],
    ['Ann <ann@lab.example>', false],
    ['ann@lab.example, evil@evil.example', false],
    ['ann@lab.example\r\nBcc: evil@evil.example', false],
    ['ann@lab.example\0', false],
    ['ann@evil.example@lab.example', false],
    [`${'x'.repeat(65)}@lab.example`, false],
  ] as const) {
    it(`takes ${JSON.stringify(address)} for an address: ${expected}`, () => {
      assert.equal(isMailAddress(address), expected);
    });
  }
});
