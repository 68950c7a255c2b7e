import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import SSHConfig, { type Directive, type Line, type Section } from 'ssh-config';
import { HostError } from '../../domain/host.ts';
import { printable } from './printable.ts';
import { wildcardMatches } from './wildcard.ts';

/** As deep as OpenSSH follows Include. */
const INCLUDE_DEPTH = 16;

/** Keywords in lower case, with what ~/.ssh/config says for one alias. */
export type ConfigValues = Readonly<Record<string, readonly string[]>>;

/**
 * What ~/.ssh/config and the files it includes say for an alias; empty where there is none. `Match exec`
 * never holds, as reading a file must run nothing; an Include inside a Match section is not followed.
 * Throws HostError `failed` for a file that cannot be understood.
 */
export async function readSshConfig(alias: string, home: string): Promise<ConfigValues> {
  const path = join(home, '.ssh', 'config');
  const config = new SSHConfig();
  try {
    config.push(...(await linesFor(alias, path, home, 0)));
    const values = config.compute(alias, { ignoreCase: true, matchExec: false });
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value].flat()]));
  } catch (error) {
    throw new HostError('failed', `~/.ssh/config cannot be understood: ${printable(String(error))}`);
  }
}

/** The file's lines with its includes in their place; sections for other hosts are left out where they include. */
async function linesFor(alias: string, path: string, home: string, depth: number): Promise<Line[]> {
  if (depth > INCLUDE_DEPTH) throw new Error(`${path} includes too deep`);
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines: Line[] = [];
  for (const line of SSHConfig.parse(text)) {
    if (isHostSection(line) && line.config.some(isInclude)) {
      if (patternsMatch(words(line), alias)) lines.push(...(await splitSection(line, alias, home, depth)));
    } else if (isInclude(line)) lines.push(...(await included(line, alias, home, depth)));
    else lines.push(line);
  }
  return lines;
}

/** A section that matches and includes: its own lines and the included ones in the order they stand. */
async function splitSection(section: Section, alias: string, home: string, depth: number): Promise<Line[]> {
  const lines: Line[] = [];
  for (const line of section.config) {
    if (isInclude(line)) lines.push(...(await included(line, alias, home, depth)));
    else {
      const config = new SSHConfig();
      config.push(line);
      lines.push({ ...section, config });
    }
  }
  return lines;
}

async function included(include: Directive, alias: string, home: string, depth: number): Promise<Line[]> {
  const lines: Line[] = [];
  for (const word of words(include)) {
    const path = resolve(home, '.ssh', word.replace(/^~(?=\/)/, home));
    for (const file of await filesMatching(path)) lines.push(...(await linesFor(alias, file, home, depth + 1)));
  }
  return lines;
}

/** Wildcards are followed in the last part of a path. */
async function filesMatching(path: string): Promise<string[]> {
  const pattern = basename(path);
  if (!/[*?]/.test(pattern)) return [path];
  const names = await readdir(dirname(path)).catch(() => []);
  const visible = names.filter((name) => !name.startsWith('.') && wildcardMatches(pattern, name));
  return visible.sort().map((name) => join(dirname(path), name));
}

function isInclude(line: Line): line is Directive {
  return 'param' in line && line.param.toLowerCase() === 'include';
}

function isHostSection(line: Line): line is Section {
  return 'config' in line && line.param.toLowerCase() === 'host';
}

function words(directive: Directive): string[] {
  return typeof directive.value === 'string' ? [directive.value] : directive.value.map(({ val }) => val);
}

function patternsMatch(patterns: readonly string[], alias: string): boolean {
  if (patterns.some((pattern) => pattern.startsWith('!') && wildcardMatches(pattern.slice(1), alias))) return false;
  return patterns.some((pattern) => wildcardMatches(pattern, alias));
}
