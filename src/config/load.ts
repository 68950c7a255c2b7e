import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { readDotEnv } from './environment.ts';
import { type Input, interpret, isFolder, type LoadResult, type Sources } from './interpret.ts';

export type { LoadResult, Sources } from './interpret.ts';
export { describeProblem } from './problem.ts';

/** Bytes. A larger file is none that a person wrote. */
const LARGEST_FILE = 1024 * 1024;

/**
 * Reads the file that PYLON_CONFIG names, else `pylon.yaml` in the working directory; without one
 * everything has its default. `.env` is taken from beside that file, else from the working
 * directory; the environment wins over it. Never throws.
 */
export function loadConfig(sources: Sources): LoadResult {
  const file = findFile(sources);
  const folder = file === null ? sources.cwd : dirname(file);
  const input: Input = { text: '', file, shown: null, folder, dotEnv: readDotEnv([folder, sources.cwd]) };
  if (file === null) return interpret(input, sources);
  const shown = shownPath(file, sources.cwd);
  const read = readText(file);
  return 'text' in read ? interpret({ ...input, text: read.text, shown }, sources) : failed(shown, read.problem);
}

/**
 * What is in effect for one project folder on this machine, whatever pylon.yaml and `.env` say: all
 * defaults, and no receiver but the terminal.
 */
export function projectOnlyConfig(sources: Sources, dir: string): LoadResult {
  const folder = resolve(sources.cwd, dir);
  if (!isFolder(folder)) return failed(null, `${dir}: no such folder`);
  const dotEnv = { file: null, variables: {} };
  return interpret({ text: 'projects: [{}]', file: null, shown: null, folder, dotEnv }, sources);
}

function failed(file: string | null, message: string): LoadResult {
  return { ok: false, problems: [{ file, line: null, key: '', message }] };
}

function findFile({ cwd, env }: Sources): string | null {
  if (env.PYLON_CONFIG) return resolve(cwd, env.PYLON_CONFIG);
  const file = join(cwd, 'pylon.yaml');
  return existsSync(file) ? file : null;
}

/** As the user would name it. */
function shownPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}

function readText(file: string): { readonly text: string } | { readonly problem: string } {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) return { problem: 'is not a file' };
    if (stats.size > LARGEST_FILE) return { problem: `has ${stats.size} bytes; at most ${LARGEST_FILE} are read` };
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { problem: code === 'ENOENT' ? 'no such file' : `cannot be read (${code})` };
  }
}
