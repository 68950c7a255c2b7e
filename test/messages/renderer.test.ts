import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { realRenderer, rendererOf, texts } from './helpers.ts';
import { alertView, content, group, over } from './samples.ts';

const OWN = '# Ours: {{ text }}';

describe('render', () => {
  it('divides what everyone sees from the details at the first break', () => {
    const { renderer } = rendererOf({ '/own/x.md': '# a\n\nb\n\n---\n\nc\n\n---\n\nd' });
    const message = renderer.render(content('x', {}));
    assert.deepEqual(texts(message.body), ['a', 'b']);
    assert.deepEqual(
      message.details.map((block) => block.type),
      ['paragraph', 'thematicBreak', 'paragraph'],
    );
  });

  it('does not divide at a break inside a list or a quotation', () => {
    const { renderer } = rendererOf({ '/own/x.md': 'a\n\n> ---\n\n- b\n\n  ---\n' });
    assert.deepEqual(renderer.render(content('x', {})).details, []);
  });

  it('passes on what the content says, and the ids of the alerts', () => {
    const alerts = [alertView({ id: 'a-1' }), over(alertView({ id: 'a-2' }))];
    const more = { kind: 'alert', severity: 'critical', resolved: false } as const;
    const message = realRenderer().render(content('alert', group(alerts), more));
    assert.deepEqual(
      { ...message, title: '', body: [], details: [] },
      { ...more, title: '', body: [], details: [], alertIds: ['a-1', 'a-2'] },
    );
  });

  const titles: [title: string, template: string, data: object, expected: string][] = [
    ['is the first heading', 'a\n\n## b *c* `d`\n\n# e', {}, 'b c d'],
    ['is else the first paragraph', '- x\n\na **b**', {}, 'a b'],
    ['is else the name of the template', '- x', {}, 'x'],
    ['is one line', 'a\\\nb {{ t }}', { t: 'c\nd' }, 'a b c d'],
    ['is cut to 150 characters', '# {{ t }}', { t: 'y'.repeat(200) }, `${'y'.repeat(149)}…`],
  ];
  for (const [title, template, data, expected] of titles) {
    it(`has a title that ${title}`, () => {
      const { renderer } = rendererOf({ '/own/x.md': template });
      assert.equal(renderer.render(content('x', data)).title, expected);
    });
  }
});

describe("a user's own template", () => {
  it('replaces ours', () => {
    const { renderer, problems } = rendererOf({ '/own/x.md': OWN, '/mine/x.md': '# Mine: {{ text }}' });
    assert.equal(renderer.render(content('x', { text: 'a' })).title, 'Mine: a');
    assert.deepEqual(problems, []);
  });

  it('is not needed', () => {
    const { renderer, problems } = rendererOf({ '/own/x.md': OWN });
    assert.equal(renderer.render(content('x', { text: 'a' })).title, 'Ours: a');
    assert.deepEqual(problems, []);
  });

  const broken: [title: string, template: string, problem: RegExp][] = [
    ['a syntax error', '# {{ text', /^\/mine\/x\.md:1:3: /],
    ['a tag that is not closed', 'a\n{% if text %}', /^\/mine\/x\.md:2:1: /],
    ['an unknown variable', 'a\n\nb {{ txet }}', /^\/mine\/x\.md:3:6: undefined variable: txet$/],
    ['an unknown filter', '{{ text | bold }}', /^\/mine\/x\.md:1:1: undefined filter: bold$/],
    [
      'a loop without end',
      '{% for i in (1..10000) %}{% for j in (1..10000) %}a{% endfor %}{% endfor %}',
      /limit exceeded$/,
    ],
    ['nothing to say', '{% comment %}later{% endcomment %}', /^\/mine\/x\.md:1:1: it says nothing$/],
  ];
  for (const [title, template, problem] of broken) {
    it(`with ${title} is reported once, and ours stands in`, () => {
      const { renderer, problems } = rendererOf({ '/own/x.md': OWN, '/mine/x.md': template });
      assert.equal(renderer.render(content('x', { text: 'a' })).title, 'Ours: a');
      assert.equal(renderer.markdown(content('x', { text: 'b' })), '# Ours: b\n');
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, problem);
    });
  }

  it('that cannot be read is reported', () => {
    const problems: string[] = [];
    const renderer = realRenderer({
      overrideDir: '/mine',
      readFile: (file) => {
        if (file.startsWith('/mine')) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
        return readFileSync(file, 'utf8');
      },
      onProblem: (text) => problems.push(text),
    });
    assert.equal(renderer.render(content('error', { text: 'a', hint: null })).title, 'a');
    assert.deepEqual(problems, ['/mine/error.md: EACCES: permission denied']);
  });
});

describe('without a template that works', () => {
  const data = { alerts: [{ id: 'a-1', summary: '**died**' }] };

  for (const [title, files] of [
    ['because it is broken', { '/own/x.md': '{{ nothing }}' }],
    ['because it is missing', {}],
  ] as const) {
    it(`${title}, a message shows its data`, () => {
      const { renderer, problems } = rendererOf(files);
      const message = renderer.render(content('x', data, { severity: 'critical', resolved: true }));
      assert.equal(message.title, 'Resolved critical x');
      assert.deepEqual(message.body.at(-1), { type: 'code', lang: 'json', value: JSON.stringify(data, null, 2) });
      assert.deepEqual(message.alertIds, ['a-1']);
      assert.equal(problems.length, 1);
    });
  }

  it('takes no path for a name', () => {
    const { renderer, problems } = rendererOf({ '/secret.md': 'secret' });
    assert.equal(renderer.render(content('../secret', {})).title, '../secret');
    assert.deepEqual(problems, ["not a template's name: ../secret"]);
  });
});

describe('markdown', () => {
  it('is the whole message, details too', () => {
    const { renderer } = rendererOf({ '/own/x.md': '# a\n\n- **b**: {{ v }}\n\n---\n\n{{ lines | code }}' });
    const text = renderer.markdown(content('x', { v: '*c*', lines: ['d', '```'] }));
    assert.equal(text, '# a\n\n- **b**: \\*c\\*\n\n---\n\n````\nd\n```\n````\n');
  });
});
