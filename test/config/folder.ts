import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { effectiveConfig } from '../../src/config/effective.ts';
import { describeProblem, type LoadResult, loadConfig, type Sources } from '../../src/config/load.ts';

const folders: string[] = [];

/** A fresh folder with these files, readable by their owner only; a name that ends in `/` is a folder. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pylon-config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (name.endsWith('/')) continue;
    writeFileSync(path, text);
    chmodSync(path, 0o600);
  }
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

/** Loads pylon.yaml with this text from a folder of its own. */
export function load(text: string, env: Sources['env'] = {}): LoadResult {
  return loadConfig({ cwd: folderWith({ 'pylon.yaml': text }), env: { HOME: '/home/alice', ...env }, hostname: 'box' });
}

export type Loaded = Extract<LoadResult, { ok: true }>;

export function good(result: LoadResult): Loaded {
  if (result.ok) return result;
  throw new Error(`invalid: ${result.problems.map(describeProblem).join('\n')}`);
}

/** Its problems or notices, as the user reads them. */
export function lines(result: LoadResult): string[] {
  return (result.ok ? result.notices : result.problems).map(describeProblem);
}

/** Everything that a user could come to see of it. */
export function everythingShown(result: LoadResult): string {
  return [...lines(result), result.ok ? effectiveConfig(result.config) : ''].join('\n');
}
