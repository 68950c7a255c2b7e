import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connector } from '../src/domain/ports.ts';
import type { ProjectScan } from '../src/domain/run.ts';
import { createAsk } from '../src/edge/scan/ask.ts';
import { createScanner, type Scanner } from '../src/edge/scan/scanner.ts';
import { systemClock } from '../src/util/clock.ts';
import { type Cost, costOf, count, ms, pause, timesLess } from './measure.ts';
import type { Row, Setting } from './row.ts';
import { countFileCalls, type MeasuredShell, measuredShell } from './shell.ts';
import { makeTree, type Tree, type TreeSize } from './tree.ts';

interface Context {
  readonly tree: Tree;
  readonly naive: { readonly cpuMs: number; readonly calls: number };
  /** Knows all that there is. */
  readonly scanner: Scanner;
  readonly shell: MeasuredShell;
  readonly first: Cost & { readonly shellCpuMs: number };
}

/** A stamp tells seconds only. */
const SETTLED_MS = 2_500;

/** A tree in a temporary folder, removed afterwards. */
export function scanSetting(size: TreeSize): Setting<Context> {
  return {
    async open() {
      const tree = makeTree(mkdtempSync(join(tmpdir(), 'pylon-bench-')), size);
      const scanner = createScanner({ projects: [tree.project], clock: systemClock });
      const shell = measuredShell();
      const cost = await costOf(() => look(scanner, shell, tree));
      const first = { ...cost, shellCpuMs: shell.cpuMs() };
      // Files as young as these are looked at twice.
      await pause(SETTLED_MS);
      await look(scanner, shell, tree);
      return { tree, scanner, shell, first, naive: await naiveScan(tree) };
    },
    close: async ({ tree }) => tree.remove(),
  };
}

export function scanRows({ runs, epochs, active }: TreeSize): Row<Context>[] {
  const of = `${count(runs)} runs x ${epochs} epochs`;
  const calls = 4 * active + 2 * (runs - active);
  return [
    { name: `first scan of ${of}: CPU`, goal: 'at most the naive scan', measure: firstCpu },
    { name: 'first scan: time', goal: "half of find's", measure: firstTime },
    { name: 'first scan: longest pause', goal: '50 ms', measure: firstPause },
    {
      name: `warm scan, ${active} active: file calls`,
      goal: `${count(calls)} (4 per active run, 2 per idle)`,
      measure: warmCalls,
    },
    { name: 'warm scan: CPU', goal: '20 times less', measure: warmCpu },
  ];
}

async function firstCpu({ first, naive }: Context) {
  const measured = `${ms(first.cpuMs + first.shellCpuMs)} (bot ${ms(first.cpuMs)}, host ${ms(first.shellCpuMs)})`;
  return { measured, baseline: `${ms(naive.cpuMs)}: ${count(naive.calls)} naive stats` };
}

async function firstTime({ first, tree }: Context) {
  const from = performance.now();
  const { status } = spawnSync('find', [tree.project.root, '-type', 'f'], { stdio: 'ignore' });
  if (status !== 0) throw new Error('there is no find to compare with');
  return { measured: ms(first.wallMs), baseline: `${ms(performance.now() - from)}: find -type f` };
}

async function firstPause({ first }: Context) {
  return { measured: ms(first.pauseMs), baseline: '' };
}

async function warmCalls({ scanner, tree, naive }: Context) {
  writeLogs(tree);
  const { calls, how } = await countFileCalls((shell) => look(scanner, shell, tree));
  return {
    measured: `${count(calls)} (${how}): ${timesLess(calls, naive.calls)}`,
    baseline: `${count(naive.calls)}: naive stats`,
  };
}

async function warmCpu({ scanner, shell, tree, naive }: Context) {
  writeLogs(tree);
  const before = shell.cpuMs();
  const { cpuMs } = await costOf(() => look(scanner, shell, tree));
  const all = cpuMs + shell.cpuMs() - before;
  const measured = `${ms(all)}: ${timesLess(all, naive.cpuMs)} (bot ${ms(cpuMs)}, host ${ms(all - cpuMs)})`;
  return { measured, baseline: `${ms(naive.cpuMs)}: naive stats` };
}

async function look(scanner: Scanner, shell: Connector, tree: Tree): Promise<void> {
  const ask = createAsk(shell, Math.random);
  checked(await scanner.accept(await ask(scanner.request()), ask), tree);
}

/** A fast scan that sees nothing would be no figure. */
function checked([scan]: readonly ProjectScan[], { runs, epochs, active }: Tree): void {
  const complete = scan?.runs.filter(({ completedEpochs }) => completedEpochs === epochs).length;
  if (scan?.runs.length !== runs || complete !== runs - active) throw new Error('the scan does not see what is there');
}

function writeLogs({ activeLogs }: Tree): void {
  for (const log of activeLogs) appendFileSync(log, '[INFO] 2026-01-15 12:00:01 - Training epoch time: 9 seconds.\n');
}

/** Every expected file of every epoch, as the Python status code looks. */
async function naiveScan(tree: Tree): Promise<Context['naive']> {
  let calls = 0;
  const { cpuMs } = await costOf(() => {
    for (const path of tree.expectedFiles()) {
      calls += 1;
      statSync(path, { throwIfNoEntry: false });
    }
  });
  return { cpuMs, calls };
}
