import assert from 'node:assert/strict';
import { tableText } from '../../../../src/edge/channels/slack/table.ts';
import { table } from '../../../contracts/messages.ts';

describe('Slack: a table', () => {
  it('cuts a long name in the middle and a long text at its end', () => {
    const name = `lab: configs/${'x'.repeat(5_000)}/model_10.py`;
    const block = table([
      ['Run', 'Why'],
      [name, 'it went wrong '.repeat(100)],
    ]);
    assert.ok(block.type === 'table');
    const [, , row] = tableText(block).split('\n');
    const [first = '', second = ''] = (row ?? '').split(/ {2,}/);
    assert.match(first, /^lab: configs\/xx….*\/model_10\.py$/);
    assert.match(second, /^it went wrong it went wrong .*…$/);
    assert.deepEqual([first.length, second.length], [48, 48]);
  });
});
