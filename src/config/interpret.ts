import { existsSync, statSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { IANAZone, SystemZone } from 'luxon';
import type { Config } from './config.ts';
import { checkVariables, type DotEnv, defined } from './environment.ts';
import { expand } from './expand.ts';
import { expectation, type Finding, findings, valueAt } from './issues.ts';
import { environmentNotices, remarks } from './notices.ts';
import type { Places } from './places.ts';
import { type ConfigNotice, type ConfigProblem, formatKey } from './problem.ts';
import { checkReferences, LOCALHOST } from './references.ts';
import { resolveConfig } from './resolve.ts';
import { schema } from './schema.ts';
import { readYaml } from './yaml-file.ts';

/** Where a configuration comes from. */
export interface Sources {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the default sender of mail; the system's when left out. */
  readonly hostname?: string;
}

/** Either everything is valid, or all that is not is told. */
export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly notices: readonly ConfigNotice[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** The text of a configuration and what it is read against. */
export interface Input {
  readonly text: string;
  /** Absolute path of the text; null: it is no file's. */
  readonly file: string | null;
  /** The file as the user would name it. */
  readonly shown: string | null;
  /** Absolute; what paths in the text are relative to. */
  readonly folder: string;
  readonly dotEnv: DotEnv;
}

/** Checks the text against everything at once, then resolves it. */
export function interpret({ text, file, shown, folder, dotEnv }: Input, sources: Sources): LoadResult {
  const yaml = readYaml(text);
  const variables = { ...dotEnv.variables, ...defined(sources.env) };
  const places: Places = { folder, home: sources.env.HOME || homedir() };
  const inEnvironment = checkVariables(variables);
  const syntax = yaml.problems.map((problem) => ({ file: shown, ...problem }));
  if (!yaml.usable) return { ok: false, problems: [...syntax, ...inEnvironment] };

  function located({ path, message }: Finding): ConfigProblem {
    return { file: shown, line: file === null ? null : yaml.lineOf(path), key: formatKey(path), message };
  }

  const expanded = expand(yaml.value, variables);
  const value = withFallbacks(expanded.value, folder);
  const parsed = schema.safeParse(value, { error: expectation });
  const inFile = firstOfEachKey([
    ...expanded.problems,
    ...findings(parsed.error?.issues ?? [], schema, yaml.value),
    ...checkReferences(value, places),
  ]);
  const problems = [...byLine([...syntax, ...inFile.map(located)]), ...inEnvironment];
  if (!parsed.success || problems.length > 0) return { ok: false, problems };

  const { config, off } = resolveConfig(parsed.data, {
    file,
    places,
    variables,
    hostname: sources.hostname ?? hostname(),
    systemZone: systemZone(),
  });
  const notices = remarks(file, yaml.value, expanded.value, off).map(({ kind, ...found }) => ({
    ...located(found),
    kind,
  }));
  return { ok: true, config, notices: [...byLine(notices), ...environmentNotices(config, variables, dotEnv)] };
}

/** What depends on the machine: it is the host where none is given, and its folder may be the project. */
function withFallbacks(value: unknown, folder: string): unknown {
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) return value;
  const hosts = isNothing(valueAt(value, ['hosts'])) ? { hosts: [{ name: LOCALHOST }] } : {};
  const isProject = isNothing(valueAt(value, ['projects'])) && looksLikeProject(folder);
  return { ...value, ...hosts, ...(isProject ? { projects: [{}] } : {}) };
}

function isNothing(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function looksLikeProject(folder: string): boolean {
  return isFolder(join(folder, 'configs')) && (isFolder(join(folder, 'logs')) || existsSync(join(folder, 'main.py')));
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** One error a key: what follows from it would only hide it. */
function firstOfEachKey(all: readonly Finding[]): Finding[] {
  const byKey = new Map<string, Finding>();
  for (const finding of all) {
    const key = formatKey(finding.path);
    if (!byKey.has(key)) byKey.set(key, finding);
  }
  return [...byKey.values()];
}

function byLine<Item extends { readonly line: number | null }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function systemZone(): string {
  const { name } = SystemZone.instance;
  return IANAZone.isValidZone(name) ? name : 'UTC';
}
