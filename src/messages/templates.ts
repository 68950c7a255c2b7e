import path from 'node:path';
import { type Engine, type Template, TemplateError } from './engine.ts';

export interface TemplateFile {
  readonly file: string;
  readonly template: Template;
}

export interface TemplateFolders {
  readonly templatesDir: string;
  /** Files here stand in for those of the same name. */
  readonly overrideDir: string | null;
  /** Throws as fs.readFileSync does. */
  readonly readFile: (file: string) => string;
}

/** Our own may be slowed by a busy machine but do end. One that a user wrote may not, and ours can stand in. */
const OWN_LIMIT_MS = 2_000;
const OVERRIDE_LIMIT_MS = 100;

/**
 * Finds a template's files by its name, the one to use first, each read once. A file that cannot be
 * used is left out and reported.
 */
export function createTemplates(
  engine: Engine,
  { templatesDir, overrideDir, readFile }: TemplateFolders,
  onProblem: (text: string) => void,
): (name: string) => readonly TemplateFile[] {
  const known = new Map<string, readonly TemplateFile[]>();

  function load(file: string, limitMs: number, optional: boolean): TemplateFile[] {
    try {
      return [{ file, template: engine(readFile(file), file, limitMs) }];
    } catch (error) {
      if (!(optional && isMissing(error))) onProblem(describe(error, file));
      return [];
    }
  }

  return (name) => {
    const cached = known.get(name);
    if (cached !== undefined) return cached;
    if (!/^[a-z]+(-[a-z]+)*$/.test(name)) {
      onProblem(`not a template's name: ${name}`);
      return [];
    }
    const found = [
      ...(overrideDir === null ? [] : load(path.join(overrideDir, `${name}.md`), OVERRIDE_LIMIT_MS, true)),
      ...load(path.join(templatesDir, `${name}.md`), OWN_LIMIT_MS, false),
    ];
    known.set(name, found);
    return found;
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function describe(error: unknown, file: string): string {
  if (error instanceof TemplateError) return error.message;
  return `${file}: ${error instanceof Error ? error.message : String(error)}`;
}
