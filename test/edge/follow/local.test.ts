import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createLocalFollower } from '../../../src/edge/follow/local.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { useTempFolder } from '../../support/temp.ts';

describe('local follower', () => {
  const folder = useTempFolder();

  it('tells of the files it follows, and of no others', async () => {
    const [a, b] = ['train [1].log', 'b.log'].map((name) => join(folder.path, name)) as [string, string];
    for (const path of [a, b]) writeFileSync(path, 'x');
    const changed: string[] = [];
    const problems: string[] = [];
    const follower = createLocalFollower({
      clock: systemClock,
      on: { changed: (path) => changed.push(path), ended: () => undefined },
      coalesceMs: 50,
      onProblem: (problem) => problems.push(problem),
    });

    async function seen(path: string): Promise<void> {
      changed.length = 0;
      // Until the watch stands, nobody is told.
      await eventually(`change of ${path}`, () => {
        appendFileSync(path, 'line\n');
        return changed.includes(path);
      });
    }

    try {
      follower.update([a]);
      await seen(a);
      follower.update([a, b]);
      await seen(b);
      follower.update([b]);
      changed.length = 0;
      appendFileSync(a, 'line\n');
      await seen(b);
      assert.deepEqual([...new Set(changed)], [b]);
      follower.update([a]);
      await seen(a);
    } finally {
      follower.stop();
    }
    assert.deepEqual(problems, []);
  });

  it('tells once of each process that has ended', async () => {
    const ended: number[] = [];
    const [one, other] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
    const follower = createLocalFollower({
      clock: systemClock,
      on: { changed: () => undefined, ended: (pid) => ended.push(pid) },
      onProblem: assert.fail,
    });
    const watch = () => follower.update([], [one.pid ?? 0, other.pid ?? 0, process.pid, 1]);
    try {
      watch();
      one.kill();
      await eventually('the end of one', () => ended.length === 1);
      watch();
      other.kill();
      await eventually('the end of the other', () => ended.length === 2);
      assert.deepEqual(ended, [one.pid, other.pid]);
    } finally {
      follower.stop();
      one.kill();
      other.kill();
    }
  });

  for (const [name, remove] of [
    ['alone', (path: string) => rmSync(path)],
    ['with its folder', (path: string) => rmSync(dirname(path), { recursive: true })],
  ] as const) {
    it(`follows a log again that was removed ${name} and written anew`, async () => {
      const path = join(folder.path, 'exp', 'train.log');
      const other = join(folder.path, 'other.log');
      const write = () => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, 'x');
      };
      const changed: string[] = [];
      const onChange = (file: string) => changed.push(file);
      async function seen(file: string, act: () => void): Promise<void> {
        changed.length = 0;
        await eventually(`sight of ${file}`, () => {
          act();
          return changed.includes(file);
        });
      }
      const follower = createLocalFollower({
        clock: systemClock,
        on: { changed: onChange, ended: () => undefined },
        coalesceMs: 50,
        onProblem: assert.fail,
      });
      try {
        write();
        writeFileSync(other, 'x');
        await seen(path, () => follower.update([path, other]));
        remove(path);
        // What is told of another file comes behind the removal.
        await seen(other, () => appendFileSync(other, 'line\n'));
        write();
        await seen(path, () => follower.update([path, other]));
        await seen(path, () => appendFileSync(path, 'line\n'));
      } finally {
        follower.stop();
      }
    });
  }
});
