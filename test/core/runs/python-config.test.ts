import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { readPythonConfig } from '../../../src/core/runs/python-config.ts';

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/runs/${name}`, import.meta.url), 'utf8');
}

describe('readPythonConfig', () => {
  describe('the total', () => {
    const table: [what: string, text: string, epochs: number | null, opaque: boolean][] = [
      ['a literal', "config = {'epochs': 100}", 100, false],
      ['with an annotation', "config: dict = {'epochs': 100}", 100, false],
      ['a dict call', 'config = dict(epochs=100)', 100, false],
      ['in parentheses, with comments', "config = (\n  {  # c\n   'epochs':  # d\n    5}\n)", 5, false],
      ['double quotes and underscores', 'config = {"epochs": 1_000}', 1000, false],
      ['arithmetic', "config = {'epochs': 2 * (20 + 5) // 5 - -1}", 11, false],
      ['a number under a name', "EPOCHS = 30\nconfig = {'epochs': EPOCHS}", 30, false],
      ['a name that is bound anew', "N = 30\nN += 1\nconfig = {'epochs': N}", null, true],
      ['a name that is imported', "N = 30\nfrom x import N\nconfig = {'epochs': N}", null, true],
      ['the patience is not it', "config = {'early_stopping': {'epochs': 3}, 'epochs': 9}", 9, false],
      ['the patience alone', "config = {'early_stopping': {'args': {'epochs': 3}}}", null, false],
      ['assigned later, last wins', "config = {'epochs': None}\nconfig['epochs'] = 7\nconfig['epochs'] = 8", 8, false],
      ['a nested assignment is not it', "config = {'epochs': 4}\nconfig['a']['epochs'] = 9", 4, false],
      ['update with a literal', "config = {}\nconfig.update({'epochs': 3}, seed=1)", 3, false],
      ['update with a keyword', 'config = {}\nconfig.update(epochs=3)', 3, false],
      ['merged in place', "config = {}\nconfig |= {'epochs': 3}", 3, false],
      ['merged with something unseen', "config = {'epochs': 3}\nconfig |= other", 3, true],
      ['two targets', "a = config = {'epochs': 6}", 6, false],
      ['two statements in a line', "config = {}; config['epochs'] = 6", 6, false],
      ['defined twice', "config = {'epochs': 6}\nconfig = {}", null, false],
      ['a splat after it may change it', "config = {'epochs': 10, **base}", 10, true],
      ['a splat before it cannot', "config = {**base, 'epochs': 10}", 10, false],
      ['an unseen update may change it', "config = {'epochs': 10}\nconfig.update(schedule)", 10, true],
      ['a function may change it', "config = {'epochs': 10}\nadd_defaults(config)", 10, true],
      ['a computed key may be it', "config = {'epochs': 10}\nconfig[key] = 3", 10, true],
      ['another object changes nothing', "config = {'epochs': 10}\nother.update(x)\nprint(1)", 10, false],
      ['raised by an unseen amount', "config = {'epochs': 10}\nconfig['epochs'] += n", null, true],
      ['a branch may not be taken', "config = {'epochs': 10}\nif DEBUG:\n  config['epochs'] = 1", 10, true],
      ['only in a branch', "if A:\n  config = {'epochs': 1}\nelse:\n  config = {'epochs': 2}", 2, true],
      ['copied, then set', "config = copy.deepcopy(base)\nconfig['epochs'] = 4", 4, false],
      ['changed by itself', "config = {'epochs': 4}\nconfig = prepare(config)", 4, true],
      ['no count', "config = {'epochs': -3}", null, true],
      ['no integer', "config = {'epochs': 2.5}", null, true],
      ['divided by zero', "config = {'epochs': 1 // 0}", null, true],
      ['zero', "config = {'epochs': 0}", 0, false],
      ['cut off', "import x\nconfig: dict = {'epochs': 3,", null, true],
      ['with carriage returns', "config = {'epochs': 3}\r\nconfig['epochs'] = 4\r\n", 4, false],
      ['with a byte order mark', "\ufeffconfig = {'epochs': 3}", 3, false],
      ['half of a tuple', 'config, x = make()', null, true],
    ];
    for (const [what, text, epochs, opaque] of table) {
      it(what, () => {
        const config = readPythonConfig(text);
        assert.deepEqual([config.isRun, config.totalEpochs, config.opaque], [true, epochs, opaque]);
      });
    }
  });

  describe('what is a run', () => {
    const table: [what: string, text: string, isRun: boolean][] = [
      ['no config', "model_cfg = {'epochs': 7}", false],
      ['a list of configs', "configs = [{'epochs': 7}]", false],
      ['a list under its name', "config = [{'epochs': 7}]", false],
      ['none', 'config = None', false],
      ['in a function', "def main():\n    config = {'epochs': 100}", false],
      ['in a string', '"""\nconfig = {}\n"""', false],
      ['for scripts only', "if __name__ == '__main__':\n    config = {}", false],
      ['a mere re-export', 'from configs.a import config', false],
      ['an import that is changed', "from configs.a import config\nconfig['work_dir'] = 'x'", true],
      ['an import under its name', 'from configs.a import (x, base as config)\nconfig.update(seed=1)', true],
      ['an import with a fallback', 'try:\n  from a import config\nexcept ImportError:\n  config = {}', true],
      ['a module', 'import config', false],
      ['computed', 'config = make_config(3)', true],
      ['a comprehension', 'config = {k: 1 for k in keys}', true],
      ['declared only', 'config: dict', false],
      ['empty', '', false],
      ['cut off in a comparison', 'config == {', false],
      ['no Python at all', '\0\u0001{{{ )( \n\n@@', false],
    ];
    for (const [what, text, isRun] of table) {
      it(what, () => assert.equal(readPythonConfig(text).isRun, isRun));
    }
  });

  it('tells trainers and evaluators by the class of the runner', () => {
    const kinds = [
      ["config = {'runner': SupervisedTrainer}", 'trainer'],
      ["config = {'runner': runners.BaseEvaluator}", 'evaluator'],
      ["config = {'runner': None}", 'unknown'],
      ["config = {'runner': None}\nconfig['runner'] = MyEvaluator", 'evaluator'],
      ['config = {}', 'unknown'],
    ];
    for (const [text, kind] of kinds) assert.equal(readPythonConfig(text ?? '').kind, kind, text);
  });

  it('knows which runs cannot stop early', () => {
    const tables: [string, boolean][] = [
      ["config = {'epochs': 3}", false],
      ["config = {'epochs': 3, 'early_stopping': {}}", true],
      ["config = {**base, 'epochs': 3}", true],
      ["config = {'epochs': 3}\nif A:\n  config['epochs'] = 4", true],
    ];
    for (const [text, may] of tables) assert.equal(readPythonConfig(text).mayStopEarly, may, text);
  });

  it('reads generated configs', () => {
    assert.deepEqual(readPythonConfig(fixture('assigned.py')), {
      isRun: true,
      totalEpochs: 40,
      kind: 'trainer',
      opaque: false,
      mayStopEarly: true,
    });
    assert.equal(readPythonConfig(fixture('evaluator.py')).kind, 'evaluator');
    assert.equal(readPythonConfig(fixture('generator.py')).isRun, false);
  });

  it('gives up on deep nesting', () => {
    const deep = `config = {'epochs': ${'('.repeat(100)}1${')'.repeat(100)}}`;
    assert.equal(readPythonConfig(deep).totalEpochs, null);
    const ifs = Array.from({ length: 12 }, (_, i) => `${' '.repeat(i)}if a:`).join('\n');
    assert.equal(readPythonConfig(`config = {}\n${ifs}\n${' '.repeat(12)}config['epochs'] = 3`).totalEpochs, null);
  });

  it('takes no time for hostile text', () => {
    const words = ['(@', '(', 'if a:\n', '(x for x in (', "f'{", '[a,', 'a if b else ', '(a, b) = ', 'config = {'];
    const start = performance.now();
    for (const word of words) readPythonConfig(word.repeat(65_536 / word.length));
    assert.ok(performance.now() - start < 5_000);
  });

  it('never throws', () => {
    const word = fc.constantFrom(
      'config',
      '=',
      '{',
      '}',
      "'epochs'",
      ':',
      '[',
      ']',
      '(',
      ')',
      'from',
      'import',
      ',',
      '\n',
      ' ',
      '**',
      '3',
      'if',
      '.update',
      '|=',
      ';',
      'as',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 40 }), (words) => {
        assert.equal(typeof readPythonConfig(words.join('')).isRun, 'boolean');
      }),
      { numRuns: 300 },
    );
  });
});
