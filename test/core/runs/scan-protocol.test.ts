import assert from 'node:assert/strict';
import {
  configsInput,
  isRegular,
  isThere,
  parseConfigs,
  parseOwners,
  parseStamp,
  parseStamps,
  parseWalks,
  readsInput,
  stampsInput,
  walksInput,
} from '../../../src/core/runs/scan-protocol.ts';

describe('scan protocol', () => {
  it('reads stamps', () => {
    const stamp = { mode: 0x81a4, mtime: 1_700_000_000_000, size: 12 };
    assert.deepEqual(parseStamp('81a4:1700000000:12'), stamp);
    assert.deepEqual(parseStamp('81a4:1700000000:12~'), stamp);
    assert.equal(parseStamp('81a4:-5:0')?.mtime, -5_000);
    for (const none of ['?', '-', '', '81a4', '81a4:x:1', 'zz:1:1']) assert.equal(parseStamp(none), null, none);
    assert.equal(isRegular(stamp), true);
    assert.equal(isRegular({ ...stamp, mode: 0x41ed }), false);
    assert.deepEqual(['?', '-', '81a4:1:1'].map(isThere), [false, false, true]);
  });

  it('asks for stamps and takes the answer apart', () => {
    assert.equal(
      stampsInput([
        ['/a b', '?'],
        ['/c', '-'],
      ]),
      '? /a b\n- /c',
    );
    assert.deepEqual(
      [...parseStamps('81a4:1:2 /a b\n- /c\n\nnoise\n')],
      [
        ['/a b', '81a4:1:2'],
        ['/c', '-'],
      ],
    );
  });

  it('asks for configs', () => {
    const searches = [{ base: 'configs', depth: 64, name: '*.py' }];
    assert.equal(
      configsInput([{ id: 3, root: '/a b', checksum: 'x', searches }]),
      'root /a b\nknown x\ndepth 64\nname *.py\nbase configs\nproject 3',
    );
  });

  it('takes lists of configs apart', () => {
    assert.deepEqual(parseConfigs('same\n'), { kind: 'same' });
    assert.deepEqual(parseConfigs('absent /a b/.\n'), { kind: 'absent', path: '/a b' });
    assert.deepEqual(parseConfigs(''), { kind: 'absent', path: '' });
    assert.deepEqual(parseConfigs('list abc -\n./configs/a.py\n././b.py\n./configs/a.py\n./c\u0001\u001b.py\n//\n'), {
      kind: 'list',
      checksum: 'abc -',
      names: ['configs/a.py', 'b.py'],
      refused: ['c??.py'],
      whole: false,
    });
  });

  it('asks for walks, the expected files once for all that share them', () => {
    const walk = { kind: 'walk' as const, dir: '/a b', expectedFiles: ['x', 'y'], from: 5, folders: 6, form: null };
    const other = { ...walk, kind: 'sweep' as const, expectedFiles: ['z'] };
    assert.equal(
      walksInput([walk, { ...walk, dir: '/c', form: 'evaluator' }, other]),
      'expect\nfile x\nfile y\nexpected\nwalk 0 5 6 ? /a b\nwalk 1 5 6 evaluator /c\nexpect\nfile z\nexpected\nsweep 2 /a b',
    );
  });

  it('takes walks apart', () => {
    const body =
      'walk/0/trainer/5/6/2/train_val_1.log/epoch_5/a/b.json\nwalk/1/evaluator/0/0/0//\nunreadable/2\ndangling/5\nabsent/6\nunreadable/7/epoch_3\nsweep/3/epoch_1/x\nsweep/4/\n';
    assert.deepEqual(
      [...parseWalks(body).values()],
      [
        {
          kind: 'walk',
          walk: {
            form: 'trainer',
            completed: 5,
            folders: 6,
            logs: 2,
            newestLog: 'train_val_1.log',
            partial: 'epoch_5/a/b.json',
          },
        },
        {
          kind: 'walk',
          walk: { form: 'evaluator', completed: 0, folders: 0, logs: 0, newestLog: null, partial: null },
        },
        { kind: 'unreadable', epoch: null },
        { kind: 'dangling' },
        { kind: 'absent' },
        { kind: 'unreadable', epoch: 'epoch_3' },
        { kind: 'sweep', newest: 'epoch_1/x' },
        { kind: 'sweep', newest: null },
      ],
    );
  });

  it('takes owners apart, those with spaces too', () => {
    assert.deepEqual(
      [...parseOwners('ann /a b\nLAB\\ann lee /c\n\n')],
      [
        ['/a b', 'ann'],
        ['/c', 'LAB\\ann lee'],
      ],
    );
  });

  it('asks for texts', () => {
    assert.equal(
      readsInput([
        { kind: 'head', path: '/a b' },
        { kind: 'tail', path: '/c', bytes: 9 },
      ]),
      'head 0 /a b\ntail 1 9 /c',
    );
  });
});
