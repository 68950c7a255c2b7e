import assert from 'node:assert/strict';
import { QUESTIONS, questionText } from '../../src/cli/questions.ts';
import { COMMANDS } from '../../src/commands/index.ts';

const asked: [string, string[], Record<string, unknown>, string][] = [
  ['status', [], { json: true }, 'status'],
  ['runs', [], { json: true, project: '/lab' }, 'runs limit=all'],
  ['runs', ['exp', 'project=lab'], {}, 'runs limit=all exp project=lab'],
  [
    'runs',
    ['exp'],
    { status: 'failed,stuck', host: 'gpu1', owner: 'ann', sort: '-eta', limit: '5' },
    'runs limit=all status=failed,stuck host=gpu1 owner=ann sort=-eta limit=5 exp',
  ],
  ['run', ['configs/with space.py'], {}, 'run configs/with space.py'],
  ['probe', ['gpu1'], {}, 'probe gpu1'],
  [
    'events',
    ['exp'],
    { since: '24h', kind: 'run-failed', run: 'a', limit: '3' },
    'events 24h kind=run-failed run=a limit=3 exp',
  ],
  ['summary', [], { date: '2026-01-14', format: 'md' }, 'summary 2026-01-14'],
];

describe('questions of the command line', () => {
  for (const [name, words, options, expected] of asked) {
    it(`${name} ${JSON.stringify(words)} ${JSON.stringify(options)} asks "${expected}"`, () => {
      const question = QUESTIONS.find((known) => known.name === name);
      assert.ok(question !== undefined);
      assert.equal(questionText(question, words, options), expected);
    });
  }

  it('are all those that a chat may ask, but for the list of them', () => {
    assert.deepEqual([...QUESTIONS.map(({ name }) => name), 'help'].sort(), COMMANDS.map(({ name }) => name).sort());
  });
});
