import { linkSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../src/domain/run.ts';
import { projectSettings } from '../test/support/make.ts';

export interface TreeSize {
  readonly runs: number;
  readonly epochs: number;
  /** How many of the runs write their logs now. */
  readonly active: number;
}

export interface Tree extends TreeSize {
  readonly project: Project;
  /** Paths, one for each active run. */
  readonly activeLogs: readonly string[];
  /** Every expected file of every epoch that a config promises: what the plain way looks at. */
  expectedFiles(): Iterable<string>;
  remove(): void;
}

const EXPECTED = ['training_losses.pt', 'optimizer_buffer.json', 'validation_scores.json'];
const LONG_AGO_S = 30 * 86_400;

/** ext4 allows 65,000 names of one file. */
const NAMES_PER_FILE = 60_000;

/** A project on disk. The first runs are active and half done, the others complete. */
export function makeTree(root: string, size: TreeSize): Tree {
  mkdirSync(join(root, 'configs', 'bench'), { recursive: true });
  const name = seeds(root);
  const activeLogs: string[] = [];
  for (let run = 0; run < size.runs; run += 1) {
    const active = run < size.active;
    const config = join(root, 'configs', 'bench', `run_${run}.py`);
    writeFileSync(config, `config = {\n    'epochs': ${size.epochs},\n}\n`);
    age(config);
    const work = workDir(root, run);
    for (let epoch = 0; epoch < (active ? size.epochs / 2 : size.epochs); epoch += 1) {
      mkdirSync(join(work, `epoch_${epoch}`), { recursive: true });
      for (const file of EXPECTED) name(join(work, `epoch_${epoch}`, file));
    }
    const log = join(work, 'train_val_0.log');
    writeFileSync(log, '[INFO] 2026-01-15 12:00:00 - Training [Epoch 2/10][Iteration 1/40]. loss: 0.5\n');
    if (active) activeLogs.push(log);
    else for (const path of [log, work]) age(path);
  }
  return {
    ...size,
    project: projectAt(root),
    activeLogs,
    *expectedFiles() {
      for (let run = 0; run < size.runs; run += 1) {
        for (let epoch = 0; epoch < size.epochs; epoch += 1) {
          for (const file of EXPECTED) yield `${workDir(root, run)}/epoch_${epoch}/${file}`;
        }
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function workDir(root: string, run: number): string {
  return `${root}/logs/bench/run_${run}`;
}

/** Gives names to one file instead of writing millions. */
function seeds(root: string): (path: string) => void {
  let names = 0;
  let seed = '';
  return (path) => {
    if (names % NAMES_PER_FILE === 0) {
      seed = join(root, `seed_${names}`);
      writeFileSync(seed, '{}');
      age(seed);
    }
    names += 1;
    linkSync(seed, path);
  };
}

function age(path: string): void {
  const at = Date.now() / 1000 - LONG_AGO_S;
  utimesSync(path, at, at);
}

function projectAt(root: string): Project {
  return projectSettings({
    root,
    readFrom: 'localhost',
    runsOn: ['localhost'],
    outdated: { olderThanMs: 120 * 86_400_000 },
    expectedFiles: EXPECTED,
  });
}
