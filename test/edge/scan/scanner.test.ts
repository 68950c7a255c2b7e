import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCAN_PROGRAM } from '../../../src/core/runs/scan-program.ts';
import { fileSection, readsInput } from '../../../src/core/runs/scan-protocol.ts';
import { SECTION_PRELUDE, splitSections } from '../../../src/core/sections.ts';
import type { ProjectScan, RunFacts } from '../../../src/domain/run.ts';
import { createAsk } from '../../../src/edge/scan/ask.ts';
import { createScanner, type Scanner } from '../../../src/edge/scan/scanner.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { useTempFolder } from '../../support/temp.ts';
import { type CountingConnector, SHELLS, shellConnector } from './shells.ts';
import { EXPECTED, makeTree, type Tree } from './tree.ts';

const PROGRAM = `${SECTION_PRELUDE}${SCAN_PROGRAM}section end\n`;

async function look(scanner: Scanner, connector: CountingConnector): Promise<ProjectScan> {
  const output = await connector.run(PROGRAM, { ...scanner.request(), nonce: 'n0' }, { timeoutMs: 0, capBytes: 0 });
  const scans = await scanner.accept(splitSections(output.stdout.toString(), 'n0'), createAsk(connector, Math.random));
  assert.equal(connector.errors(), '');
  assert.equal(scans.length, 1);
  return scans[0]!;
}

function factsOf(scan: ProjectScan, name: string): RunFacts {
  const facts = scan.runs.find(({ config }) => config === `configs/${name}.py`);
  assert.ok(facts, `${name} is not listed`);
  return facts;
}

for (const shell of SHELLS) {
  describe(`scanner in ${shell.name}`, () => {
    const folder = useTempFolder();
    let tree: Tree;
    let connector: CountingConnector;
    let scanner: Scanner;

    beforeEach(() => {
      tree = makeTree(join(folder.path, "it's [a] $lab"));
      connector = shellConnector(shell, shell.path(join(folder.path, 'bin')));
      scanner = createScanner({ projects: [tree.project], clock: systemClock });
    });

    const lookAgain = (): Promise<ProjectScan> => look(scanner, connector);

    it('counts epochs up to the first that is not complete', async () => {
      const cases: [name: string, break_: () => void, completed: number][] = [
        ['whole', () => {}, 4],
        ['missing', () => tree.remove('logs/missing/epoch_2/optimizer_buffer.json'), 2],
        ['empty', () => tree.write('logs/empty/epoch_1/training_losses.pt', ''), 1],
        ['gap', () => tree.remove('logs/gap/epoch_0'), 0],
        [
          'folder',
          () => {
            tree.remove('logs/folder/epoch_3/training_losses.pt');
            tree.write('logs/folder/epoch_3/training_losses.pt/x', 'x');
          },
          3,
        ],
        [
          'linked',
          () => {
            renameSync(join(tree.root, 'logs/linked/epoch_1'), join(tree.root, 'elsewhere'));
            symlinkSync('../../elsewhere', join(tree.root, 'logs/linked/epoch_1'));
          },
          4,
        ],
        ['loop', () => symlinkSync('loop', join(tree.root, 'logs/loop/loop')), 4],
        ['file', () => tree.write('logs/file/epoch_4', 'x'), 4],
      ];
      for (const [name, damage] of cases) {
        tree.config(name, 4);
        tree.epochs(name, 0, 4);
        tree.log(name, 0, 'x');
        damage();
      }
      const scan = await lookAgain();
      assert.deepEqual(scan.problems, []);
      for (const [name, , completed] of cases) assert.equal(factsOf(scan, name).completedEpochs, completed, name);
    });

    it('takes odd names as they are', async () => {
      const names = [`a b/it's "x" [1] lr=0.1`, 'modèle/$(id)', '-n', 'a\\b*?', 'tab\there', 'x;y&z|`w`#'];
      for (const name of names) {
        tree.config(name, 2);
        tree.epochs(name, 0, 2);
        tree.log(name, 0, 'one');
        tree.log(name, 1, 'two', 3600 * 24);
      }
      const scan = await lookAgain();
      assert.equal(scan.runs.length, names.length);
      for (const name of names) {
        const facts = factsOf(scan, name);
        assert.equal(facts.workDir, `logs/${name}`);
        assert.deepEqual([facts.completedEpochs, facts.sessions, facts.totalEpochs], [2, 2, 2], name);
        assert.equal(facts.newestLog?.path, join(tree.root, `logs/${name}/train_val_1.log`));
        assert.equal(facts.newestLog?.size, 3);
      }
      const paths = names.map((name) => join(tree.root, `logs/${name}/train_val_1.log`));
      const reads = readsInput([...paths, '/not/there'].map((path) => ({ kind: 'tail', path, bytes: 100 })));
      const sections = await createAsk(connector, Math.random)({ scan_reads: reads });
      assert.deepEqual(
        [...paths, '/not/there'].map((_, id) => sections.get(fileSection(id))?.body),
        [...names.map(() => 'two'), undefined],
      );
    });

    it('says of runs with a newline or broken UTF-8 in their names that they are not watched', async () => {
      tree.config('good', 2);
      tree.config('bad\nname', 2);
      mkdirSync(join(tree.root, 'configs/bad\nfolder'));
      tree.config('bad\nfolder/x', 2);
      writeFileSync(Buffer.concat([Buffer.from(`${tree.root}/configs/`), Buffer.from([0xff]), Buffer.from('.py')]), '');
      tree.epochs('good', 0, 1);
      mkdirSync(join(tree.root, 'logs/good/epoch_\n'));
      tree.log('good', 0, 'x');
      tree.write('logs/good/train_val_\n.log', 'x', 5);
      const scan = await lookAgain();
      const wrong = scan.runs.filter(({ problem }) => problem !== null);
      assert.equal(factsOf(scan, 'good').sessions, 1);
      assert.equal(factsOf(scan, 'good').problem, null);
      assert.deepEqual([scan.runs.length, wrong.length, scan.problems], [4, 3, []]);
      for (const { config, problem } of wrong) {
        assert.match(config, /^configs\/[^\n]*\?/);
        assert.match(problem ?? '', /cannot be watched/);
      }
    });

    it('says of a work dir that cannot be read why', async () => {
      for (const name of ['loop', 'nowhere', 'file', 'none', 'good']) tree.config(name, 2);
      symlinkSync('loop', join(tree.root, 'logs/loop'));
      symlinkSync('/not/there', join(tree.root, 'logs/nowhere'));
      tree.write('logs/file', 'x');
      tree.epochs('good', 0, 2);
      const problems = async (): Promise<Record<string, string | null>> => {
        const { runs } = await lookAgain();
        return Object.fromEntries(runs.map(({ workDir, problem }) => [workDir, problem]));
      };
      const seen = {
        'logs/loop': 'the work dir is a link that leads nowhere',
        'logs/nowhere': 'the work dir is a link that leads nowhere',
        'logs/file': 'the work dir cannot be read',
        'logs/none': null,
        'logs/good': null,
      };
      assert.deepEqual(await problems(), seen);
      tree.remove('logs/nowhere');
      tree.epochs('nowhere', 0, 1);
      assert.deepEqual(await problems(), { ...seen, 'logs/nowhere': null });
    });

    it('lists what defines a config, and says which could not be read', async () => {
      tree.config('run', 2);
      tree.write('configs/part.py', "model_cfg = {'epochs': 3}");
      tree.write('configs/note.md', 'config = {}');
      tree.write('configs/.hidden.py', 'config = {}');
      tree.write('configs/folder.py/x', '');
      tree.write('configs/large.py', `config = {}\n${'#'.repeat(1_000_001)}`);
      tree.write('logs/large/x', '');
      tree.write('configs/large_and_never_run.py', `config = {}\n${'#'.repeat(1_000_001)}`);
      tree.write('elsewhere/linked.py', "config = {'epochs': 5}");
      symlinkSync('../elsewhere/linked.py', join(tree.root, 'configs/linked.py'));
      symlinkSync('nowhere', join(tree.root, 'configs/dangling.py'));
      symlinkSync('/dev/zero', join(tree.root, 'configs/zero.py'));
      symlinkSync('.', join(tree.root, 'configs/loop'));
      const scan = await lookAgain();
      const listed = scan.runs.map(({ config, totalEpochs }) => `${config} ${totalEpochs}`).sort();
      assert.deepEqual(listed, ['configs/large.py null', 'configs/linked.py 5', 'configs/run.py 2']);
      assert.deepEqual(scan.problems.toSorted(), [
        'configs/large.py is too large for a config and was not read',
        'configs/large_and_never_run.py is too large for a config and was not read',
        'configs/zero.py cannot be read',
      ]);
    });

    it('shortens long lists on the way', async () => {
      const seeds = Array.from({ length: 2_000 }, (_, i) => i * 7_919).join(', ');
      tree.write('configs/seeds.py', `config = {'seeds': [${seeds}],\n  'val': [\n  1,\n  -2.5\n  ], 'epochs': 9}`);
      assert.equal(factsOf(await lookAgain(), 'seeds').totalEpochs, 9);
      assert.ok(connector.lastOutput().length < 600);
    });

    it('finds a total in the dump, then in the log, then in the project', async () => {
      const computed = 'from x import s\nconfig = {}\nconfig.update(s)\n';
      for (const name of ['dump', 'log', 'none', 'literal']) {
        tree.write(`configs/${name}.py`, name === 'literal' ? `config = {'epochs': 7}\nconfig.update(s)\n` : computed);
        tree.epochs(name, 0, 2);
        tree.log(name, 0, 'INFO: Training [Epoch 1/30][Iteration 0/4]\n');
      }
      tree.log('none', 0, 'x');
      tree.log('literal', 0, 'x');
      tree.write('logs/dump/config.json', "{\n    'epochs': 20\n}");
      scanner = createScanner({ projects: [{ ...tree.project, epochs: 50 }], clock: systemClock });
      const scan = await lookAgain();
      const totals = ['dump', 'log', 'none', 'literal'].map((name) => factsOf(scan, name).totalEpochs);
      assert.deepEqual(totals, [20, 30, 50, 7]);
    });

    it('takes of two early stops the one that agrees with the disk', async () => {
      const stopped = (at: number): string => JSON.stringify({ early_stopped: true, early_stopped_at_epoch: at });
      const cases: [name: string, progress: string | null, log: string, atEpoch: number | null][] = [
        ['by-file', stopped(3), 'x', 3],
        ['by-log', null, 'INFO: Training stopped early at epoch 3\n', 3],
        ['refuted', stopped(4), 'x', 4],
        ['both', stopped(2), 'INFO: Training stopped early at epoch 3\n', 3],
        ['truncated', stopped(3).slice(0, 20), 'x', null],
      ];
      for (const [name, progress, log] of cases) {
        tree.write(`configs/${name}.py`, "config = {'epochs': 9, 'early_stopping': {'epochs': 2}}");
        tree.epochs(name, 0, 3);
        if (progress !== null) tree.write(`logs/${name}/progress.json`, progress);
        tree.log(name, 0, log);
      }
      const scan = await lookAgain();
      for (const [name, , , atEpoch] of cases) {
        assert.deepEqual(factsOf(scan, name).earlyStop, atEpoch === null ? null : { atEpoch }, name);
      }
    });

    it('goes on believing in an early stop that the test stage has pushed out of sight, until the next start', async () => {
      tree.write('configs/a.py', "config = {'runner': T, 'epochs': count(), 'early_stopping': {'epochs': 2}}");
      tree.epochs('a', 0, 3);
      tree.log('a', 0, 'INFO: Training [Epoch 3/9][Iteration 1/1].\nINFO: Training stopped early at epoch 3\n', 50);
      const facts = async (): Promise<unknown[]> => {
        const { earlyStop, totalEpochs } = factsOf(await lookAgain(), 'a');
        return [earlyStop, totalEpochs];
      };
      assert.deepEqual(await facts(), [{ atEpoch: 3 }, 9]);
      tree.append('logs/a/train_val_0.log', 'INFO: Test epoch [Iteration 1/9].\n'.repeat(1_000));
      tree.age('logs/a/train_val_0.log', 9);
      assert.deepEqual(await facts(), [{ atEpoch: 3 }, 9]);
      tree.log('a', 1, 'INFO: Training from scratch.\n', 0);
      tree.age('logs/a', 4);
      assert.deepEqual(await facts(), [null, 9]);
    });

    it('looks at once at the work dir of a config that was no run before', async () => {
      tree.write('configs/a.py', 'config = None\n');
      assert.deepEqual((await lookAgain()).runs, []);
      tree.config('a', 3);
      tree.age('configs/a.py', 90);
      tree.epochs('a', 0, 2);
      tree.log('a', 0, 'x');
      const { workDirExists, completedEpochs, newestLog } = factsOf(await lookAgain(), 'a');
      assert.deepEqual([workDirExists, completedEpochs, newestLog === null], [true, 2, false]);
    });

    it('believes in no early stop of a progress.json that is gone', async () => {
      tree.config('a', 9);
      tree.epochs('a', 0, 3);
      tree.write('logs/a/progress.json', '{"early_stopped": true, "early_stopped_at_epoch": 4}');
      tree.age('logs/a', 90);
      assert.deepEqual(factsOf(await lookAgain(), 'a').earlyStop, { atEpoch: 4 });
      tree.remove('logs/a/progress.json');
      tree.age('logs/a', 80);
      assert.equal(factsOf(await lookAgain(), 'a').earlyStop, null);
    });

    it('does not read files that are too large for what they are said to be', async () => {
      tree.write('configs/a.py', 'config = make()\n');
      tree.epochs('a', 0, 3);
      for (const name of ['progress.json', 'config.json']) {
        tree.write(`logs/a/${name}`, '');
        truncateSync(join(tree.root, 'logs/a', name), 50_000_000_000);
      }
      const { earlyStop, totalEpochs, completedEpochs } = factsOf(await lookAgain(), 'a');
      assert.deepEqual([earlyStop, totalEpochs, completedEpochs], [null, null, 3]);
    });

    it('dates the newest epoch, and looks through all before a run counts as outdated', async () => {
      const day = 86_400;
      for (const name of ['young', 'touched', 'old', 'short']) {
        tree.config(name, name === 'short' ? 9 : 3);
        tree.epochs(name, 0, 3, name === 'young' ? 10 * day : 200 * day);
        tree.log(name, 0, 'x');
      }
      tree.age('logs/touched/epoch_0/optimizer_buffer.json', 20 * day);
      const scan = await lookAgain();
      const days = ['young', 'touched', 'old', 'short'].map((name) =>
        Math.round((Date.now() - (factsOf(scan, name).newestArtifactAt ?? 0)) / 1000 / day),
      );
      assert.deepEqual(days, [10, 20, 200, 200]);
    });

    it('reads ends of logs of runs that live, not of those long dead', async () => {
      for (const name of ['live', 'dead', 'done', 'crashed']) {
        tree.config(name, 3);
        tree.epochs(name, 0, name === 'done' ? 3 : 1);
        tree.log(name, 0, `${'x'.repeat(20_000)}the end of ${name}`, name === 'dead' ? 90_000 : 10);
      }
      tree.write('logs/crashed/error.log', 'Traceback', 10);
      const scan = await lookAgain();
      assert.equal(factsOf(scan, 'live').logTail?.length, 16_384);
      assert.match(factsOf(scan, 'live').logTail ?? '', /the end of live$/);
      assert.equal(factsOf(scan, 'dead').logTail, null);
      assert.equal(factsOf(scan, 'done').logTail, null);
      assert.match(factsOf(scan, 'crashed').logTail ?? '', /the end of crashed\nTraceback$/);
    });

    it('sees everything that happens to a run', async () => {
      tree.config('a', 9);
      const facts = async (): Promise<RunFacts> => factsOf(await lookAgain(), 'a');
      assert.deepEqual([(await facts()).workDirExists, (await facts()).newestLog], [false, null]);
      tree.log('a', 0, 'start\n', 5);
      tree.epochs('a', 0, 2);
      let now = await facts();
      assert.deepEqual([now.workDirExists, now.completedEpochs, now.sessions, now.logTail], [true, 2, 1, 'start\n']);
      assert.equal(typeof now.owner, 'string');
      tree.append('logs/a/train_val_0.log', 'more\n');
      assert.equal((await facts()).logTail, 'start\nmore\n');
      tree.write('logs/a/epoch_2/training_losses.pt', 'x');
      tree.write('logs/a/epoch_2/optimizer_buffer.json', '');
      tree.write('logs/a/epoch_2/validation_scores.json', 'x');
      assert.equal((await facts()).completedEpochs, 2);
      tree.append('logs/a/epoch_2/optimizer_buffer.json', 'x');
      assert.equal((await facts()).completedEpochs, 3);
      tree.epochs('a', 3, 6);
      tree.log('a', 1, 'again\n', 0);
      now = await facts();
      assert.deepEqual([now.completedEpochs, now.sessions, now.logTail], [6, 2, 'again\n']);
      tree.remove('logs/a/epoch_5/training_losses.pt');
      tree.age('logs/a', 1);
      assert.equal((await facts()).completedEpochs, 5);
      tree.remove('logs/a/epoch_1');
      assert.equal((await facts()).completedEpochs, 1);
      tree.config('a', 12);
      assert.equal((await facts()).totalEpochs, 12);
      tree.remove('logs/a');
      now = await facts();
      assert.deepEqual([now.workDirExists, now.completedEpochs, now.newestLog, now.owner], [false, 0, null, null]);
      tree.remove('configs/a.py');
      assert.deepEqual((await lookAgain()).runs, []);
    });

    it('costs one round trip and two files when nothing changes, and two when a log grows', async () => {
      for (let i = 0; i < 20; i += 1) {
        tree.config(`run_${i}`, 3);
        tree.epochs(`run_${i}`, 0, i === 0 ? 1 : 3);
        tree.log(`run_${i}`, 0, 'x', i === 0 ? 20 : 90_000);
        tree.age(`logs/run_${i}`, 90_000);
      }
      await lookAgain();
      const files = scanner.request().scan_stamps!.split('\n');
      const ofLogs = files.filter((line) => line.includes('/logs/'));
      // The live run: work dir and log, as for the others; no progress.json, no error.log, no epoch begun.
      assert.equal(ofLogs.length, 20 * 2);
      let before = connector.trips();
      await lookAgain();
      assert.equal(connector.trips() - before, 1);
      assert.ok(connector.lastOutput().length < 300, connector.lastOutput());
      tree.append('logs/run_0/train_val_0.log', 'y');
      tree.age('logs/run_0/train_val_0.log', 10);
      before = connector.trips();
      assert.equal(factsOf(await lookAgain(), 'run_0').logTail, 'xy');
      assert.equal(connector.trips() - before, 2);
    });

    it('tells how far it is while it reads many runs, and not afterwards', async () => {
      for (let i = 0; i < 300; i += 1) tree.config(`run_${i}`, 3);
      const reached: number[] = [];
      const onProgress = ({ done, total }: { done: number; total: number }): void => {
        assert.equal(total, 300);
        reached.push(done);
      };
      scanner = createScanner({ projects: [tree.project], clock: systemClock, onProgress });
      await lookAgain();
      assert.ok(reached.length > 1 && reached.at(-1) === 300, String(reached));
      assert.deepEqual(
        reached,
        reached.toSorted((a, b) => a - b),
      );
      const before = reached.length;
      await lookAgain();
      assert.equal(reached.length, before);
    });

    it('takes nothing to be gone while the disk is not there', async () => {
      tree.config('a', 3);
      tree.epochs('a', 0, 3);
      tree.log('a', 0, 'x');
      const whole = await lookAgain();
      for (const missing of ['logs', 'configs', '']) {
        renameSync(join(tree.root, missing), join(folder.path, 'away'));
        const scan = await lookAgain();
        renameSync(join(folder.path, 'away'), join(tree.root, missing));
        assert.deepEqual(scan.runs, whole.runs, missing);
        assert.equal(scan.problems.length, 1);
        assert.ok(scan.problems[0]?.startsWith(`${join(tree.root, missing).replace(/\/$/, '')} is not there`));
      }
      assert.deepEqual((await lookAgain()).problems, []);
    });

    it('goes on from its cache', async () => {
      tree.config('dead', 9);
      tree.config('live', 9);
      for (const name of ['dead', 'live']) tree.epochs(name, 0, 2);
      tree.log('dead', 0, 'x');
      tree.log('live', 0, 'one', 30);
      const before = await lookAgain();
      const cache: unknown = JSON.parse(JSON.stringify(scanner.snapshotCache()));
      scanner = createScanner({ projects: [tree.project], clock: systemClock });
      scanner.restoreCache(cache);
      const trips = connector.trips();
      const after = await lookAgain();
      assert.deepEqual(after.runs, before.runs);
      // One look, and the end of the log that lives.
      assert.equal(connector.trips() - trips, 2);
    });

    it('finds no run in an empty project, and says that there is none', async () => {
      assert.deepEqual((await lookAgain()).runs, []);
      scanner = createScanner({ projects: [{ ...tree.project, root: '/not/there' }], clock: systemClock });
      const scan = await lookAgain();
      assert.deepEqual(scan.runs, []);
      assert.deepEqual(scan.problems, [
        '/not/there is not there or cannot be entered; known runs are kept as they were',
      ]);
    });

    it('counts nothing when no file is expected', async () => {
      scanner = createScanner({ projects: [{ ...tree.project, expectedFiles: [] }], clock: systemClock });
      tree.config('a', 3);
      tree.epochs('a', 0, 3);
      assert.equal(factsOf(await lookAgain(), 'a').completedEpochs, 0);
      assert.equal(EXPECTED.length, 3);
    });
  });
}
