import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Held } from './held.ts';
import { count } from './measure.ts';
import type { Row } from './row.ts';

export const memoryRows: readonly Row<undefined>[] = [
  { name: 'RSS with 200 hosts x 8 GPUs, 10,000 runs', goal: '200 MB', measure: memory },
];

/** In a process of its own, which holds nothing else. */
async function memory() {
  const main = join(import.meta.dirname, 'main.ts');
  const args = ['--expose-gc', '--import', 'tsx', main, '--memory'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { before, bot, live, rawDay } = JSON.parse(stdout) as Held;
  return {
    measured: `${bot} MB (${before} MB once loaded; objects in use now ${live} MB)`,
    baseline: `${count(bot + rawDay * 30)} MB: with 30 days of samples as they are (one took ${rawDay} MB)`,
  };
}
