import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Project } from '../../../src/domain/run.ts';
import { projectSettings } from '../../support/make.ts';

export const EXPECTED = ['training_losses.pt', 'optimizer_buffer.json', 'validation_scores.json'];

const LONG_AGO_S = 30 * 86_400;

export interface Tree {
  readonly root: string;
  readonly project: Project;
  /** Writes a file that was last changed `ageS` seconds ago, by default a month. */
  write(path: string, text: string, ageS?: number): void;
  append(path: string, text: string): void;
  age(path: string, ageS: number): void;
  remove(path: string): void;
  /** `configs/<name>.py` with a total. */
  config(name: string, epochs: number | string): void;
  /** Complete epochs of `logs/<name>`. */
  epochs(name: string, from: number, to: number, ageS?: number): void;
  log(name: string, session: number, text: string, ageS?: number): void;
}

/** A project on disk, made by hand. */
export function makeTree(root: string, over: Partial<Project> = {}): Tree {
  const at = (path: string): string => join(root, path);
  mkdirSync(at('configs'), { recursive: true });
  mkdirSync(at('logs'), { recursive: true });
  const tree: Tree = {
    root,
    project: projectSettings({
      root,
      readFrom: 'localhost',
      runsOn: ['localhost'],
      outdated: { olderThanMs: 120 * 86_400_000 },
      expectedFiles: EXPECTED,
      ...over,
    }),
    write(path, text, ageS = LONG_AGO_S) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
      tree.age(path, ageS);
    },
    append: (path, text) => appendFileSync(at(path), text),
    age(path, ageS) {
      const time = Date.now() / 1000 - ageS;
      utimesSync(at(path), time, time);
    },
    remove: (path) => rmSync(at(path), { recursive: true }),
    config: (name, epochs) => tree.write(`configs/${name}.py`, `config = {'runner': T, 'epochs': ${epochs}}\n`),
    epochs(name, from, to, ageS = LONG_AGO_S) {
      for (let epoch = from; epoch < to; epoch += 1) {
        for (const file of EXPECTED) tree.write(`logs/${name}/epoch_${epoch}/${file}`, 'x', ageS);
        tree.age(`logs/${name}/epoch_${epoch}`, ageS);
      }
      tree.age(`logs/${name}`, LONG_AGO_S);
    },
    log(name, session, text, ageS = LONG_AGO_S) {
      tree.write(`logs/${name}/train_val_${session}.log`, text, ageS);
      tree.age(`logs/${name}`, LONG_AGO_S);
    },
  };
  return tree;
}
