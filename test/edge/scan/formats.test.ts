import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, renameSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCAN_PROGRAM } from '../../../src/core/runs/scan-program.ts';
import { SECTION_PRELUDE, splitSections } from '../../../src/core/sections.ts';
import type { ProjectScan, RunFacts } from '../../../src/domain/run.ts';
import { createAsk } from '../../../src/edge/scan/ask.ts';
import { createScanner, type Scanner } from '../../../src/edge/scan/scanner.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { useTempFolder } from '../../support/temp.ts';
import { type CountingConnector, SHELLS, shellConnector } from './shells.ts';
import { makeTree, type Tree } from './tree.ts';

const PROGRAM = `${SECTION_PRELUDE}${SCAN_PROGRAM}section end\n`;
const EVALUATOR = "config = {'runner': BaseEvaluator}\n";
const SCORES = '{"aggregated": {"mean_IoU": 0.6}}';

for (const shell of SHELLS) {
  describe(`formats of runs in ${shell.name}`, function () {
    this.timeout(20_000);
    const folder = useTempFolder();
    let tree: Tree;
    let connector: CountingConnector;
    let scanner: Scanner;

    beforeEach(() => {
      tree = makeTree(join(folder.path, 'a lab'), { formats: ['pylon', 'evaluator', 'nerfstudio'] });
      connector = shellConnector(shell, shell.path(join(folder.path, 'bin')));
      scanner = open();
    });

    const open = (): Scanner => createScanner({ projects: [tree.project], clock: systemClock });

    async function look(): Promise<ProjectScan> {
      const output = await connector.run(PROGRAM, { ...scanner.request(), nonce: 'n' }, { timeoutMs: 0, capBytes: 0 });
      const [scan] = await scanner.accept(
        splitSections(output.stdout.toString(), 'n'),
        createAsk(connector, Math.random),
      );
      assert.equal(connector.errors(), '');
      assert.ok(scan);
      return scan;
    }

    async function lookFor(name: string): Promise<RunFacts> {
      const facts = (await look()).runs.find(({ workDir }) => workDir === name);
      assert.ok(facts, `${name} is not listed`);
      return facts;
    }

    describe('an evaluator', () => {
      const scored: [string, string | null, number][] = [
        ['whole scores', SCORES, 1],
        ['no scores', null, 0],
        ['empty scores', '', 0],
        ['scores cut off', SCORES.slice(0, -3), 0],
        ['scores that are no numbers, as Python writes them', '{"iou": NaN, "range": [-Infinity, Infinity]}', 1],
        ['scores of more than a megabyte', `{"a": [${'1, '.repeat(400_000)}1]}\n`, 1],
        ['as many cut off', `{"a": [${'1, '.repeat(400_000)}`, 0],
      ];
      for (const [what, text, completed] of scored) {
        it(`is ${completed === 1 ? '' : 'not '}complete with ${what}`, async () => {
          tree.write('configs/e.py', EVALUATOR);
          tree.write('logs/e/eval_0.log', 'x', 100);
          tree.write('logs/e/eval_1.log', 'y', 50);
          if (text !== null) tree.write('logs/e/evaluation_scores.json', text, 40);
          const facts = await lookFor('logs/e');
          assert.deepEqual([facts.format, facts.completedEpochs, facts.totalEpochs], ['evaluator', completed, 1]);
          assert.equal(facts.newestLog?.path, join(tree.root, 'logs/e/eval_1.log'));
          assert.equal(facts.sessions, 2);
          assert.equal(facts.newestArtifactAt === null, text === null);
        });
      }

      it('is known by its file where the config does not tell', async () => {
        tree.write('configs/e.py', 'from x import y\nconfig = make(y)\n');
        tree.write('logs/e/evaluation_scores.json', SCORES);
        tree.write('configs/t.py', 'config = make(y)\n');
        tree.epochs('t', 0, 1);
        tree.write('logs/t/evaluation_scores.json', SCORES);
        const formats = (await look()).runs.map(({ workDir, format }) => [workDir, format]);
        assert.deepEqual(formats.sort(), [
          ['logs/e', 'evaluator'],
          ['logs/t', 'pylon'],
        ]);
      });

      it('is one by its config, whatever else is in the folder', async () => {
        tree.write('configs/e.py', EVALUATOR);
        tree.epochs('e', 0, 3);
        tree.log('e', 0, 'x');
        const facts = await lookFor('logs/e');
        assert.deepEqual([facts.format, facts.completedEpochs, facts.sessions], ['evaluator', 0, 0]);
      });

      it('is seen to complete', async () => {
        tree.write('configs/e.py', EVALUATOR);
        tree.write('logs/e/eval_0.log', 'x', 5);
        tree.age('logs/e', 100);
        assert.equal((await lookFor('logs/e')).completedEpochs, 0);
        tree.write('logs/e/evaluation_scores.json', SCORES, 10);
        assert.equal((await lookFor('logs/e')).completedEpochs, 1);
        tree.write('logs/e/evaluation_scores.json', '', 9);
        assert.equal((await lookFor('logs/e')).completedEpochs, 0);
        tree.write('logs/e/evaluation_scores.json', SCORES, 8);
        assert.equal((await lookFor('logs/e')).completedEpochs, 1);
        tree.remove('logs/e/evaluation_scores.json');
        assert.equal((await lookFor('logs/e')).completedEpochs, 0);
      });

      it('is one no longer where the config does not tell any more, and the folder looks otherwise', async () => {
        tree.write('configs/e.py', EVALUATOR);
        tree.write('logs/e/train_val_0.log', 'x');
        assert.equal((await lookFor('logs/e')).format, 'evaluator');
        tree.config('e', 3);
        tree.write('configs/e.py', 'config = make()\n', 300);
        const { format, sessions } = await lookFor('logs/e');
        assert.deepEqual([format, sessions], ['pylon', 1]);
      });

      it('says why its work dir cannot be read', async () => {
        tree.write('configs/e.py', EVALUATOR);
        tree.write('logs/e', 'no folder');
        const { format, problem } = await lookFor('logs/e');
        assert.deepEqual([format, problem], ['evaluator', 'the work dir cannot be read']);
      });

      it('is left out where the project is said to have none', async () => {
        tree = makeTree(join(folder.path, 'b'), { formats: ['pylon'] });
        scanner = open();
        tree.write('configs/e.py', EVALUATOR);
        tree.config('t', 3);
        assert.deepEqual(
          (await look()).runs.map(({ workDir }) => workDir),
          ['logs/t'],
        );
      });
    });

    describe('a nerfstudio run', () => {
      const adopt = (...workDirs: string[]): void =>
        scanner.adopt(
          'lab',
          workDirs.map((workDir) => ({ workDir, totalSteps: 30_000 })),
        );

      it('is as far as its last checkpoint', async () => {
        tree.write('outputs/a b/nerfstudio_models/step-000002000.ckpt', 'x', 500);
        tree.write('outputs/a b/nerfstudio_models/step-000004000.ckpt', 'x', 300);
        tree.write('outputs/a b/nerfstudio_models/step-000009000.ckpt', '', 200);
        tree.write('outputs/a b/nerfstudio_models/step-x.ckpt', 'x', 100);
        adopt('outputs/a b');
        const facts = await lookFor('outputs/a b');
        assert.deepEqual([facts.format, facts.completedEpochs, facts.totalEpochs], ['nerfstudio', 4_000, 30_000]);
        assert.equal(facts.config, 'outputs/a b');
      });

      it('is complete with its last checkpoint and its artifacts, at any depth', async () => {
        const dir = 'outputs/a/lego/nerfacto/2026-01-01_1200';
        tree.write(`${dir}/nerfstudio_models/step-000029999.ckpt`, 'x', 300);
        adopt('outputs/a');
        assert.equal((await lookFor('outputs/a')).completedEpochs, 29_999);
        tree.write(`${dir}/config.yml`, 'x', 300);
        tree.write(`${dir}/dataparser_transforms.json`, '{}', 300);
        assert.equal((await lookFor('outputs/a')).completedEpochs, 30_000);
      });

      it('stays while its folder is there, over restarts too, and goes with it', async () => {
        tree.write('outputs/a/config.yml', 'x', 300);
        adopt('outputs/a');
        await look();
        adopt();
        assert.equal((await lookFor('outputs/a')).workDirExists, true);
        const cache = scanner.snapshotCache();
        scanner = open();
        scanner.restoreCache(JSON.parse(JSON.stringify(cache)));
        await lookFor('outputs/a');
        tree.remove('outputs/a');
        assert.deepEqual((await look()).runs, []);
      });

      it('stays while the disk is not there', async () => {
        tree.write('outputs/a/config.yml', 'x', 300);
        adopt('outputs/a');
        await look();
        adopt();
        renameSync(tree.root, `${tree.root} away`);
        const { absent, runs } = await look();
        assert.deepEqual([absent, runs.length], [true, 1]);
        renameSync(`${tree.root} away`, tree.root);
        await lookFor('outputs/a');
      });

      it('has not begun while there is no folder', async () => {
        adopt('outputs/a');
        const facts = await lookFor('outputs/a');
        assert.deepEqual([facts.workDirExists, facts.completedEpochs, facts.newestArtifactAt], [false, 0, null]);
      });
    });

    describe('the pace of a run', () => {
      it('is told by when its last epochs became complete', async () => {
        tree.config('a', 100);
        for (let epoch = 0; epoch < 30; epoch += 1) tree.epochs('a', epoch, epoch + 1, 4_000 - epoch * 100);
        tree.log('a', 0, 'x', 5);
        const { pace, newestArtifactAt } = await lookFor('logs/a');
        assert.equal(pace.epochTimes.length, 24);
        assert.equal(pace.epochTimes.at(-1), newestArtifactAt);
        const steps = pace.epochTimes.slice(1).map((at, index) => at - (pace.epochTimes[index] ?? 0));
        assert.ok(
          steps.every((step) => Math.abs(step - 100_000) <= 1_000),
          String(steps),
        );

        tree.epochs('a', 30, 31, 900);
        tree.age('logs/a', 1);
        const next = (await lookFor('logs/a')).pace.epochTimes;
        assert.deepEqual([next.length, next.slice(0, -1)], [24, pace.epochTimes.slice(1)]);
      });

      it('is told anew of epochs that are written again after a resume', async () => {
        tree.config('a', 100);
        for (let epoch = 0; epoch < 10; epoch += 1) tree.epochs('a', epoch, epoch + 1, 4_000 - epoch * 100);
        tree.write('logs/a/progress.json', '{}', 3_000);
        tree.log('a', 0, 'x', 5);
        const { epochTimes } = (await lookFor('logs/a')).pace;
        tree.epochs('a', 7, 8, 200);
        tree.write('logs/a/progress.json', '{"completed_epochs": 10}', 190);
        const again = (await lookFor('logs/a')).pace.epochTimes;
        assert.deepEqual([again.slice(0, 7), again.slice(8)], [epochTimes.slice(0, 7), epochTimes.slice(8)]);
        assert.ok(Math.abs(Date.now() - 200_000 - (again[7] ?? 0)) < 10_000, String(again[7]));
      });

      it('is young again where the last epochs of a complete run are', async () => {
        const DAY = 86_400;
        tree.config('a', 4);
        tree.epochs('a', 0, 4, 200 * DAY);
        tree.log('a', 0, 'x', 200 * DAY);
        const days = async (): Promise<number> =>
          Math.round((Date.now() - ((await lookFor('logs/a')).newestArtifactAt ?? 0)) / 1000 / DAY);
        assert.equal(await days(), 200);
        tree.log('a', 1, 'x', 3 * DAY);
        tree.age('logs/a', 4 * DAY);
        assert.equal(await days(), 200);
        tree.epochs('a', 3, 4, DAY);
        tree.age('logs/a', 4 * DAY);
        tree.age('logs/a/train_val_1.log', DAY);
        assert.equal(await days(), 1);
      });

      it('is not looked for where nobody writes any more', async () => {
        tree.config('a', 100);
        tree.epochs('a', 0, 30);
        tree.log('a', 0, 'x');
        assert.equal((await lookFor('logs/a')).pace.epochTimes.length, 1);
      });

      it('knows the longest silence of a whole epoch', async () => {
        tree.config('a', 100);
        tree.epochs('a', 0, 1, 2_000);
        tree.log('a', 0, 'x', 1_900);
        const grow = async (ageS: number): Promise<number | null> => {
          tree.append('logs/a/train_val_0.log', 'more\n');
          tree.age('logs/a/train_val_0.log', ageS);
          return (await lookFor('logs/a')).pace.longestSilenceMs;
        };
        const complete = (epoch: number, ageS: number): void => {
          tree.epochs('a', epoch, epoch + 1, ageS);
          tree.age('logs/a', ageS);
        };
        assert.equal((await lookFor('logs/a')).pace.longestSilenceMs, null);
        assert.equal(await grow(1_100), null);
        complete(1, 1_090);
        assert.equal(await grow(1_080), null, 'the epoch was not seen from its beginning');
        assert.equal(await grow(480), null);
        assert.equal(await grow(470), null);
        complete(2, 460);
        const seen = (await grow(450)) ?? 0;
        assert.ok(Math.abs(seen - 600_000) <= 2_000, String(seen));
      });
    });

    describe("a launcher's log", () => {
      const LOG = 'project/run_agent.log';
      const line = (minute: number, message = '='.repeat(50)): string =>
        `[INFO] 2026-03-04 01:${String(minute).padStart(2, '0')}:00 - ${message}\n`;
      const minutesOf = ({ launcher }: ProjectScan): number[] =>
        (launcher?.events ?? []).map(({ at }) => new Date(at).getUTCMinutes());

      it('is read from its beginning, then as it grows, by whole lines', async () => {
        assert.equal((await look()).launcher, null);
        tree.write(`${LOG}.1`, line(1));
        tree.write(LOG, line(2) + line(3).slice(0, 20));
        assert.deepEqual(minutesOf(await look()), [1, 2]);
        assert.deepEqual(minutesOf(await look()), []);
        tree.append(LOG, line(3).slice(20) + line(4));
        assert.deepEqual(minutesOf(await look()), [3, 4]);
      });

      it('goes on after a rotation, and loses nothing', async () => {
        tree.write(LOG, line(1) + line(2));
        await look();
        tree.append(LOG, line(3));
        renameSync(join(tree.root, LOG), join(tree.root, `${LOG}.1`));
        tree.write(LOG, line(4));
        assert.deepEqual(minutesOf(await look()), [3, 4]);
        tree.append(LOG, line(5));
        assert.deepEqual(minutesOf(await look()), [5]);
      });

      it('loses nothing where it was rotated more than once, however long the old ones are', async () => {
        tree.write(LOG, line(1));
        await look();
        const filler = line(9, 'y'.repeat(500)).repeat(3_000);
        tree.append(LOG, line(2) + filler + line(3));
        renameSync(join(tree.root, LOG), join(tree.root, `${LOG}.3`));
        tree.write(`${LOG}.2`, line(4));
        tree.write(`${LOG}.1`, filler + line(5));
        tree.write(LOG, '');
        assert.deepEqual(minutesOf(await look()), [2, 3, 4, 5]);
        assert.deepEqual(minutesOf(await look()), []);
        tree.append(LOG, line(6));
        assert.deepEqual(minutesOf(await look()), [6]);
      });

      it('is read from the end of the one before, where that is long', async () => {
        tree.write(`${LOG}.1`, line(1) + line(9, 'y'.repeat(500)).repeat(3_000) + line(2));
        tree.write(LOG, line(3));
        assert.deepEqual(minutesOf(await look()), [2, 3]);
      });

      it('waits until it is there again, and can be read', async () => {
        tree.write(LOG, line(1));
        await look();
        renameSync(join(tree.root, LOG), join(tree.root, `${LOG}.1`));
        mkdirSync(join(tree.root, LOG));
        assert.deepEqual(minutesOf(await look()), []);
        rmdirSync(join(tree.root, LOG));
        assert.deepEqual(minutesOf(await look()), []);
        tree.write(LOG, line(2));
        assert.deepEqual(minutesOf(await look()), [2]);
      });

      it('goes on after it was copied and truncated', async () => {
        tree.write(LOG, line(1) + line(2));
        await look();
        tree.append(LOG, line(3));
        copyFileSync(join(tree.root, LOG), join(tree.root, `${LOG}.1`));
        truncateSync(join(tree.root, LOG));
        tree.append(LOG, line(4));
        assert.deepEqual(minutesOf(await look()), [3, 4]);
      });

      it('begins anew where it was begun anew, even if it is as long as before', async () => {
        tree.write(LOG, line(1) + line(2));
        await look();
        writeFileSync(join(tree.root, LOG), line(3) + line(4) + line(5));
        assert.deepEqual(minutesOf(await look()), [3, 4, 5]);
      });

      it('goes on from a cursor after a restart', async () => {
        tree.write(LOG, line(1) + line(2));
        const { launcher } = await look();
        assert.ok(launcher);
        tree.append(LOG, line(3));
        scanner = open();
        scanner.resumeLog('lab', launcher.cursor);
        assert.deepEqual(minutesOf(await look()), [3]);
      });

      it('is read piece by piece where it is long, and a line without end is skipped', async () => {
        tree.write(
          LOG,
          `${line(1) + 'x'.repeat(2_500_000)}\n${line(2)}${line(3, 'y'.repeat(500)).repeat(3_000)}${line(4)}`,
        );
        assert.deepEqual(minutesOf(await look()), [1, 2, 4]);
      });

      it('tells nothing twice to two looks that were under way at once', async () => {
        tree.write(LOG, line(0));
        await look();
        // The new one is as long as the old one was.
        renameSync(join(tree.root, LOG), join(tree.root, `${LOG}.1`));
        tree.write(LOG, line(1));
        const options = { timeoutMs: 0, capBytes: 0 };
        const first = await connector.run(PROGRAM, { ...scanner.request(), nonce: 'n' }, options);
        const second = await connector.run(PROGRAM, { ...scanner.request(), nonce: 'n' }, options);
        const told: number[] = [];
        for (const { stdout } of [first, second]) {
          const sections = splitSections(stdout.toString(), 'n');
          const [scan] = await scanner.accept(sections, createAsk(connector, Math.random));
          if (scan) told.push(...minutesOf(scan));
        }
        assert.deepEqual(told, [1]);
      });
    });
  });
}
