import type { z } from 'zod';
import { allowedInstead, describeFound, type Path, suggestion } from './problem.ts';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** What is wrong with the value at a path. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

/** zod's error map: what is expected, where the schema does not say so itself. */
export function expectation(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return NOUNS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `at most ${amount(issue.maximum, issue.origin)}`;
    default:
      return 'something else';
  }
}

function amount(limit: number | bigint, origin: string): string {
  return origin === 'array' ? `${limit} ${limit === 1 ? 'entry' : 'entries'}` : String(limit);
}

/** Puts zod's issues into the user's words; `raw` is the value as it stands in the file. */
export function findings(issues: readonly Issue[], schema: z.ZodType, raw: unknown): Finding[] {
  return issues.flatMap((issue) => {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, path, keysAt(schema, path));
    const found = valueAt(raw, path);
    const near = issue.code === 'invalid_value' ? suggestion(found, issue.values.map(String)) : '';
    return [{ path, message: `${describeFound(found)}; expected ${issue.message}${near}` }];
  });
}

function unknownKeys(keys: readonly string[], path: Path, allowed: readonly string[]): Finding[] {
  return keys.map((key) => ({ path: [...path, key], message: `unknown key${allowedInstead(key, allowed)}` }));
}

export function valueAt(value: unknown, path: Path): unknown {
  let node = value;
  for (const step of path) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) return undefined;
    node = (node as Record<string | number, unknown>)[step];
  }
  return node;
}

/** The keys a mapping at the path may have; none where the schema has no mapping there. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  let node = bare(schema);
  for (const step of path) {
    const next = typeof step === 'number' ? node.def.element : node.def.shape?.[step];
    if (next === undefined) return [];
    node = bare(next);
  }
  return Object.keys(node.def.shape ?? {});
}

/** The few fields of zod's schema definitions that lead from a schema to those inside it. */
interface SchemaNode {
  readonly def: {
    readonly innerType?: SchemaNode;
    readonly element?: SchemaNode;
    readonly shape?: Readonly<Record<string, SchemaNode>>;
  };
}

/** The schema without its defaults. */
function bare(schema: unknown): SchemaNode {
  let node = schema as SchemaNode;
  while (node.def.innerType !== undefined) node = node.def.innerType;
  return node;
}
