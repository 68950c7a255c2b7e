import type { Variables } from './environment.ts';
import type { Path } from './problem.ts';

/** Keys for which an empty value means something else than the default. */
const NULL_MEANS_OFF = new Set<string | number>(['outdated_days']);

export interface Expanded {
  readonly value: unknown;
  readonly problems: readonly { readonly path: Path; readonly message: string }[];
}

/**
 * Replaces every `${NAME}` in text values by the variable's value, and drops keys without a value:
 * `hosts:` with all its entries commented out is as good as absent. Keys are left as they are.
 */
export function expand(value: unknown, variables: Variables): Expanded {
  const problems: { path: Path; message: string }[] = [];

  function text(source: string, path: Path): string {
    return source.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
      const found = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (found !== undefined) return found;
      const valid = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
      const message = valid
        ? `the variable ${name} is not set in the environment or .env`
        : `found ${JSON.stringify(whole)}; expected \${NAME} with the name of a variable`;
      problems.push({ path, message });
      return whole;
    });
  }

  function walk(node: unknown, path: Path): unknown {
    if (typeof node === 'string') return text(node, path);
    if (Array.isArray(node)) return node.map((item, i) => walk(item, [...path, i]));
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).filter(([key, item]) => item !== null || NULL_MEANS_OFF.has(key));
    return Object.fromEntries(entries.map(([key, item]) => [key, walk(item, [...path, key])]));
  }

  return { value: walk(value, []), problems };
}
