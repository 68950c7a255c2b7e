import assert from 'node:assert/strict';
import {
  earlyStopOfProgress,
  factsOfLogTail,
  totalOfConfigDump,
  workDirOf,
} from '../../../../src/core/runs/formats/pylon.ts';

describe('pylon format', () => {
  it('puts the work dir where the path of the config says', () => {
    assert.equal(workDirOf('configs/exp/a.py'), 'logs/exp/a');
    assert.equal(workDirOf('configs/exp/lr=0.1 [x].py'), 'logs/exp/lr=0.1 [x]');
    assert.equal(workDirOf('experiments/a.py'), 'logs/experiments/a');
  });

  describe('progress.json', () => {
    const whole =
      '{"completed_epochs": 4, "progress_percentage": 40, "early_stopped": true, "early_stopped_at_epoch": 4}';
    const table: [what: string, text: string, at: number | null][] = [
      ['stopped', whole, 4],
      ['with a new key', whole.replace('{', '{"total_epochs": 10, "x": [], '), 4],
      ['with only what is needed', '{"early_stopped": true, "early_stopped_at_epoch": 4}', 4],
      ['not stopped', whole.replace('true', 'false'), null],
      ['stopped at no epoch', whole.replace(': 4}', ': null}'), null],
      ['stopped at a fraction', whole.replace(': 4}', ': 4.5}'), null],
      ['stopped at a text', whole.replace(': 4}', ': "4"}'), null],
      ['truncated', whole.slice(0, 40), null],
      ['empty', '', null],
      ['a list', '[1]', null],
      ['null', 'null', null],
    ];
    for (const [what, text, at] of table) it(what, () => assert.equal(earlyStopOfProgress(text), at));
  });

  describe('config.json', () => {
    const table: [what: string, text: string, total: number | null][] = [
      ['beautified', "{\n    'runner': < class 'runners.T' > ,\n    'epochs': 30,\n    'init_seed': 0\n}", 30],
      ['nested ones are not it', "{'early_stopping': {'epochs': 3}, 'a': [{'epochs': 4}], 'epochs': 12}", 12],
      ['only nested', "{'early_stopping': {'epochs': 3}}", null],
      ['in a string', "{'note': \"'epochs': 5 {\", 'epochs': 6}", 6],
      ['escaped quotes', "{'note': 'it\\'s {', 'epochs': 6}", 6],
      ['as a value', "{'x': 'epochs', 'epochs': 6}", 6],
      ['no number', "{'epochs': None}", null],
      ['cut off', "{'epochs'", null],
      ['empty', '', null],
    ];
    for (const [what, text, total] of table) it(what, () => assert.equal(totalOfConfigDump(text), total));

    it('is read in one pass, whatever it holds', () => {
      const hostile = [
        `{${"'epochs', ".repeat(20_000)}`,
        '{'.repeat(60_000),
        "{'\\'\\'".repeat(9_000),
        `{'${"\\'".repeat(30_000)}`,
        `{"${"\\'".repeat(30_000)}`,
      ];
      const start = performance.now();
      for (const text of hostile) assert.equal(totalOfConfigDump(text), null);
      assert.ok(performance.now() - start < 1_000);
    });
  });

  describe('the end of a log', () => {
    const time = '2026-03-04 00:53:47';
    const processes = `cpu_processes: [{'cmd': 'x Training stopped early at epoch 99', 'user': 'ann'}]`;
    const table: [what: string, text: string, stopped: number | null, total: number | null][] = [
      ['text logger', `[INFO] ${time} - Training [Epoch 3/40][Iteration 1/9]. loss: 0.1, ${processes}\n`, null, 40],
      ['screen logger', 'loss: 0.1, iteration_info: Validation [Epoch 3/40][Iteration 1/9]\n', null, 40],
      ['the last total counts', 'Training [Epoch 1/10][I]\nTraining [Epoch 1/20][I]\n', null, 20],
      ['stopped early', `[INFO] ${time} - Training stopped early at epoch 7\n[INFO] ${time} - Test\n`, 7, null],
      ['stopped early, screen logger', 'INFO: Training stopped early at epoch 7', 7, null],
      ['within another message', `[INFO] ${time} - he said: Training stopped early at epoch 7\n`, null, null],
      ['the trigger is not the stop', `[INFO] ${time} - Early stopping triggered after 3 epochs\n`, null, null],
      ['empty', '', null, null],
    ];
    for (const [what, text, stoppedAtEpoch, totalEpochs] of table) {
      it(what, () => assert.deepEqual(factsOfLogTail(text), { stoppedAtEpoch, totalEpochs }));
    }
  });
});
