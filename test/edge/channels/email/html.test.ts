import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { MAX_HTML_BYTES, renderHtml } from '../../../../src/edge/channels/email/html.ts';
import {
  code,
  everyNode,
  HOSTILE,
  list,
  message,
  oomAlert,
  paragraph,
  table,
  text,
} from '../../../contracts/messages.ts';

const FRAME = readFileSync(new URL('../../../../templates/email.html', import.meta.url), 'utf8');
const BARE = '{{ color }}|{{title}}|{{ body }}|{{ details }}|{{ other }}';

describe('email: HTML', () => {
  it('writes every node', () => {
    assert.equal(
      renderHtml(everyNode(), BARE),
      [
        '#d0021b|Every node|<h1>🔴 Every node</h1>',
        '<h2>Second-level</h2>',
        '<h5>Fifth-level</h5>',
        '<p>plainword <strong>strongword</strong> <em>emphasisword</em> <del>deletedword</del> ' +
          '<code>inlinecodeword</code><br><a href="https://lab.example/runs">linkword</a></p>',
        '<ul><li><p>bulletword</p></li>',
        '<li><ul><li><p>nestedword</p></li></ul></li></ul>',
        '<ol><li><p>firstword</p></li>',
        '<li><p>secondword</p></li></ol>',
        '<pre>x = &quot;codeword&quot;</pre>',
        '<blockquote><p>quoteword</p></blockquote>',
        '<hr>',
        '<table><tr><th style="text-align:left">GPU</th><th style="text-align:right">Memory</th></tr>',
        '<tr><td style="text-align:left">cellword</td><td style="text-align:right">78 GiB</td></tr></table>' +
          '|<p>detailword</p>|{{ other }}',
      ].join('\n'),
    );
  });

  it('fills the frame, which loads nothing from elsewhere', () => {
    const html = renderHtml(oomAlert(), FRAME);
    assert.doesNotMatch(html, /\{\{|src=|url\(|@import|<link|<script|https?:/);
    assert.match(html, /<meta name="color-scheme" content="light dark">/);
    assert.match(html, /border-top: 4px solid #d0021b/);
  });

  it('has a colour of its own where there is no alert', () => {
    assert.match(renderHtml(message({ severity: null }), '{{ color }}'), /^#667085$/);
    assert.match(renderHtml(message({ resolved: true }), '{{ color }}'), /^#2eb67d$/);
  });

  for (const { value } of HOSTILE) {
    it(`makes no mark-up of ${JSON.stringify(value)}`, () => {
      const link = { type: 'link' as const, url: value, children: [text(value)] };
      const body = [
        paragraph(value, link, { type: 'inlineCode', value }),
        code(value),
        list([value]),
        table([[value]]),
      ];
      const tags = renderHtml(message({ title: value, body }), '{{ title }}{{ body }}').match(/<[^>]*>/g) ?? [];
      const own = /^<\/?(?:h1|p|code|pre|ul|li|table|tr|th)>$|^<th style="text-align:left">$/;
      const expected = URL.canParse(value) && value.startsWith('https:') ? /^<a href="https:[^"<>]*">$|^<\/a>$/ : own;
      for (const tag of tags) assert.ok(own.test(tag) || expected.test(tag), tag);
    });
  }

  it('stays under the size that Gmail shows whole', () => {
    const body = [paragraph('&'.repeat(100_000))];
    for (const long of [message({ body }), message({ details: body }), message({ body, details: body })]) {
      const bytes = Buffer.byteLength(renderHtml(long, FRAME));
      assert.ok(bytes > MAX_HTML_BYTES - 500 && bytes < MAX_HTML_BYTES + 500, String(bytes));
    }
  });
});
