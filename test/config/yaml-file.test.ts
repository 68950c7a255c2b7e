import assert from 'node:assert/strict';
import { readYaml } from '../../src/config/yaml-file.ts';

const TEXT = `# comment
hosts:
  - {name: a}
  - name: b
    ssh: b
summary:
  notifications:
    slack: {enabled: true}
`;

describe('yaml-file', () => {
  const places: readonly (readonly [readonly (string | number)[], number])[] = [
    [['hosts'], 2],
    [['hosts', 0, 'name'], 3],
    [['hosts', 1], 4],
    [['hosts', 1, 'ssh'], 5],
    [['hosts', 1, 'gpus'], 4],
    [['hosts', 7], 2],
    [['hosts', 'name'], 2],
    [['hosts', 0, 'name', 'deeper'], 3],
    [['summary', 'notifications', 'slack', 'enabled'], 8],
    [['nowhere'], 2],
  ];
  for (const [path, line] of places) {
    it(`finds ${path.join('.')}`, () => assert.equal(readYaml(TEXT).lineOf(path), line));
  }

  it('reads empty text as nothing', () => {
    const { value, problems, lineOf } = readYaml('');
    assert.deepEqual([value ?? null, problems, lineOf(['a'])], [null, [], 1]);
  });

  it('tells every key that is given twice by its whole name, and goes on', () => {
    const { problems, usable } = readYaml('a: 1\nb:\n  - {c: 1, c: 2}\na: 2\n');
    assert.ok(usable);
    assert.deepEqual(problems, [
      { line: 3, key: 'b[0].c', message: 'given twice' },
      { line: 4, key: 'a', message: 'given twice' },
    ]);
  });

  it('tells the first syntax error only, without quoting the file', () => {
    const { problems, usable } = readYaml('a: 1\nb: {c} "s3cret" d\ne: ]\n');
    assert.ok(!usable);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.line, 2);
    assert.doesNotMatch(JSON.stringify(problems), /s3cret/);
  });

  const hostile: readonly (readonly [string, string])[] = [
    ['deep nesting', '['.repeat(100_000)],
    ['an alias that contains itself', 'a: &a [*a]'],
    ['a bomb of aliases', 'a: &a [x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]'],
    ['an alias of nothing', 'a: *b'],
    ['two documents', 'a: 1\n---\nb: 2\n'],
    ['a tab', 'a:\n\tb: 1\n'],
  ];
  for (const [what, text] of hostile) {
    it(`refuses ${what}`, () => {
      const { value, problems, usable } = readYaml(text);
      assert.deepEqual([value, usable], [undefined, false]);
      assert.ok(problems.length > 0 && problems.every(({ line }) => line >= 1));
    });
  }
});
