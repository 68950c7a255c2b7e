import assert from 'node:assert/strict';
import { type FakeSlack, links, pings, startFakeSlack } from './index.ts';

type Json = Record<string, unknown>;

describe('the fake Slack', () => {
  let slack: FakeSlack;

  async function call(method: string, params: Json, token: string | null = slack.botToken): Promise<Json> {
    const response = await fetch(`${slack.apiUrl}${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(params),
    });
    return (await response.json()) as Json;
  }

  before(async () => {
    slack = await startFakeSlack();
  });
  after(() => slack.stop());

  const rich = (...elements: Json[]) => [{ type: 'rich_text', elements }];
  const section = (...elements: Json[]) => ({ type: 'rich_text_section', elements });
  const refusals: [string, Json, string][] = [
    ['nothing', {}, 'channel_not_found'],
    ['an unknown channel', { channel: '#x', text: 'a' }, 'channel_not_found'],
    ['no text', { channel: '#gpu' }, 'no_text'],
    ['too long a text', { channel: '#gpu', text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['a thread that is none', { channel: '#gpu', text: 'a', thread_ts: '1.1' }, 'thread_not_found'],
    ['bad metadata', { channel: '#gpu', text: 'a', metadata: { event_payload: {} } }, 'invalid_metadata_format'],
    [
      'large metadata',
      { channel: '#gpu', text: 'a', metadata: { event_type: 'a', event_payload: { a: 'x'.repeat(9_000) } } },
      'metadata_too_large',
    ],
    ['blocks that are no list', { channel: '#gpu', blocks: {} }, 'invalid_blocks'],
    ['attachments that are no list', { channel: '#gpu', text: 'a', attachments: {} }, 'invalid_attachments'],
    ['51 blocks', { channel: '#gpu', blocks: Array(51).fill({ type: 'divider' }) }, 'invalid_blocks'],
    ['an unknown block', { channel: '#gpu', blocks: [{ type: 'x' }] }, 'invalid_blocks'],
    [
      'a long header',
      { channel: '#gpu', blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      'invalid_blocks',
    ],
    [
      'a header in mrkdwn',
      { channel: '#gpu', blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] },
      'invalid_blocks',
    ],
    [
      'a long section',
      { channel: '#gpu', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }] },
      'invalid_blocks',
    ],
    ['an empty section', { channel: '#gpu', blocks: [{ type: 'section' }] }, 'invalid_blocks'],
    [
      '11 fields',
      { channel: '#gpu', blocks: [{ type: 'section', fields: Array(11).fill({ type: 'mrkdwn', text: 'x' }) }] },
      'invalid_blocks',
    ],
    ['an empty context', { channel: '#gpu', blocks: [{ type: 'context', elements: [] }] }, 'invalid_blocks'],
    ['an empty rich text', { channel: '#gpu', blocks: rich() }, 'invalid_blocks'],
    ['an empty text element', { channel: '#gpu', blocks: rich(section({ type: 'text', text: '' })) }, 'invalid_blocks'],
    [
      'an unknown style',
      { channel: '#gpu', blocks: rich(section({ type: 'text', text: 'a', style: { blink: true } })) },
      'invalid_blocks',
    ],
    [
      'a script as link',
      { channel: '#gpu', blocks: rich(section({ type: 'link', url: 'javascript:1' })) },
      'invalid_blocks',
    ],
    [
      'a list without style',
      { channel: '#gpu', blocks: rich({ type: 'rich_text_list', elements: [] }) },
      'invalid_blocks',
    ],
    [
      'a list too deep',
      { channel: '#gpu', blocks: rich({ type: 'rich_text_list', style: 'bullet', indent: 9, elements: [] }) },
      'invalid_blocks',
    ],
    [
      'a mention in code',
      { channel: '#gpu', blocks: rich({ type: 'rich_text_preformatted', elements: [{ type: 'user' }] }) },
      'invalid_blocks',
    ],
    [
      'too much in all',
      {
        channel: '#gpu',
        blocks: Array(5).fill({ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(2_700) } }),
      },
      'msg_blocks_too_long',
    ],
  ];
  for (const [name, params, error] of refusals) {
    it(`refuses ${name}`, async () => {
      assert.equal((await call('chat.postMessage', params)).error, error);
    });
  }

  it('knows tokens, methods and forms', async () => {
    assert.equal((await call('auth.test', {}, null)).error, 'not_authed');
    assert.equal((await call('auth.test', {}, 'xoxb-other')).error, 'invalid_auth');
    assert.equal((await call('auth.test', {}, slack.appToken)).error, 'invalid_auth');
    assert.equal((await call('apps.connections.open', {})).error, 'invalid_auth');
    assert.equal((await call('chat.unheardOf', {})).error, 'unknown_method');
    assert.equal((await call('chat.update', { channel: 'C0GPU', ts: '1.1', text: 'a' })).error, 'message_not_found');
    assert.equal((await call('conversations.history', { channel: '#gpu' })).error, 'channel_not_found');
    const headers = { authorization: `Bearer ${slack.botToken}`, 'content-type': 'text/plain' };
    const plain = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST', headers, body: 'x' });
    assert.equal(((await plain.json()) as Json).error, 'invalid_form_data');
    assert.equal((await fetch(`${slack.apiUrl}auth.test`)).status, 405);
    assert.equal((await fetch(slack.webhookUrl, { method: 'POST', body: 'x' })).status, 400);
  });

  it('keeps posts, edits and threads, and shows them in history', async () => {
    const posted = await call('chat.postMessage', {
      channel: 'gpu',
      text: 'one',
      metadata: { event_type: 'e', event_payload: { key: 'k' } },
    });
    await call('chat.postMessage', { channel: 'C0GPU', text: 'two', thread_ts: posted.ts });
    await call('chat.update', { channel: posted.channel, ts: posted.ts, text: 'three' });
    const [message, reply] = await slack.waitFor((all) => all.length === 2);
    assert.deepEqual([message!.text, message!.edits[0]!.text, reply!.threadTs], ['three', 'one', posted.ts]);
    const { messages } = (await call('conversations.history', { channel: 'C0GPU', include_all_metadata: true })) as {
      messages: Json[];
    };
    assert.deepEqual(messages, [
      { ts: posted.ts, text: 'three', metadata: { event_type: 'e', event_payload: { key: 'k' } } },
    ]);
    await assert.rejects(
      slack.waitFor(() => false, 20),
      /not in 20 ms; messages were/,
    );
  });

  it('sees mentions and links', () => {
    const mrkdwn = { type: 'section', text: { type: 'mrkdwn', text: '<@U1> <https://a|b>' } };
    const shown = {
      text: '<!here>',
      blocks: [mrkdwn, ...rich(section({ type: 'user', user_id: 'U2' }, { type: 'link', url: 'https://c' }))],
      attachments: [],
    };
    assert.deepEqual(pings(shown), ['<!here>', '<@U1>', '{"type":"user","user_id":"U2"}']);
    assert.deepEqual(links(shown), ['<https://a|b>', 'https://c']);
    assert.deepEqual(links({ text: 'see https://d', blocks: [], attachments: [] }), ['https://d']);
    assert.deepEqual(pings({ text: '', blocks: [], attachments: [{ fallback: '<#C1>' }] }), ['<#C1>']);
  });
});
