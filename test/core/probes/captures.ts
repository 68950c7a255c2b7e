import { readFileSync } from 'node:fs';
import { type Probed, parseProbe } from '../../../src/core/probes/parse.ts';
import { splitSections } from '../../../src/core/sections.ts';
import type { KnownGpu } from '../../../src/domain/host.ts';

export const NONCE = '0123456789abcdef';

/** What a probe printed of GPUs, by name, from a file of fixtures. */
export function readCaptures(file: string): ReadonlyMap<string, string> {
  const parts = readFileSync(new URL(`../../fixtures/probes/${file}`, import.meta.url), 'utf8').split(/^==== /m);
  return new Map(parts.slice(1).map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]));
}

/** Reads sections of a probe, with the GPUs known before. */
export function parseSections(text: string, known: readonly KnownGpu[] = [], at = 0): Probed {
  const sections = splitSections(`${text}\n#${NONCE} end\n`, NONCE);
  return parseProbe(sections, { host: 'gpu1', askedAt: at, receivedAt: at, previous: null, known, roots: [] });
}

/** A section that a command printed. */
export function section(name: string, printed: string, exit: number | null = 0): string {
  return `\n#${NONCE} ${name}\n${printed}\n${exit === null ? '' : `\nexit ${exit}\n`}`;
}
