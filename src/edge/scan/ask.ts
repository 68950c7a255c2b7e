import { SCAN_PROGRAM } from '../../core/runs/scan-program.ts';
import {
  ABSENT,
  fileSection,
  parseOwners,
  parseStamps,
  parseWalks,
  readsInput,
  stampsInput,
  UNKNOWN,
  walksInput,
} from '../../core/runs/scan-protocol.ts';
import type { Section } from '../../core/sections.ts';
import { SECTION_PRELUDE, splitSections } from '../../core/sections.ts';
import { HostError } from '../../domain/host.ts';
import type { Connector, Random } from '../../domain/ports.ts';
import { SECOND } from '../../domain/time.ts';
import { nextTurn } from '../../util/clock.ts';
import type { ReadWant, Want } from './wants.ts';

/** Runs SCAN_PROGRAM with the given variables. Throws HostError. */
export type Ask = (input: Readonly<Record<string, string>>) => Promise<ReadonlyMap<string, Section>>;

const PROGRAM = `${SECTION_PRELUDE}${SCAN_PROGRAM}section end\n`;

/** One batch reads at most some MB of text and walks some hundred folders: long on a slow network disk only. */
const LIMITS = { timeoutMs: 120 * SECOND, capBytes: 16_000_000 };

/** New for every program that is run, see core/sections.ts. */
export function createNonce(random: Random): string {
  return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('');
}

export function createAsk(connector: Connector, random: Random): Ask {
  return async (input) => {
    const nonce = createNonce(random);
    const output = await connector.run(PROGRAM, { ...input, nonce }, LIMITS);
    return splitSections(output.stdout.toString('utf8'), nonce);
  };
}

/** What one round trip may ask: keeps answers small, and a slow network disk within the limit. */
const BUDGET = { stamp: 4_000, walk: 250, head: 250, tail: 100 };
const BUDGET_BYTES = 2_000_000;

/** Something that still has to be learnt of. */
export interface Asker {
  readonly wants: readonly Want[];
}

/** Takes askers until the budget is spent, at least one where there is one; the wants of one stay together. */
export function takeBatch<T extends Asker>(next: () => T | null): T[] {
  const batch: T[] = [];
  const left = { ...BUDGET };
  let bytes = BUDGET_BYTES;
  while (bytes > 0 && Object.values(left).every((budget) => budget > 0)) {
    const asker = next();
    if (asker === null) break;
    batch.push(asker);
    for (const want of asker.wants) {
      left[want.kind] -= 1;
      if ('bytes' in want) bytes -= want.bytes;
    }
  }
  return batch;
}

/** Texts that are read before others get their turn: a config takes a millisecond to understand. */
const TEXTS_AT_ONCE = 20;

/** Asks for everything in one round trip and hands out the answers. Throws HostError when the answer was cut off. */
export async function fulfil(wants: readonly Want[], ask: Ask): Promise<void> {
  const stamps = wants.filter((want) => want.kind === 'stamp');
  const walks = wants.filter((want) => want.kind === 'walk');
  const reads = wants.filter((want): want is ReadWant => want.kind === 'head' || want.kind === 'tail');
  const sections = await ask({
    scan_stamps: stampsInput(new Map(stamps.map((want) => [want.path, UNKNOWN]))),
    scan_walks: walksInput(walks.map((want) => want.ask)),
    scan_reads: readsInput(reads),
  });
  const seen = parseStamps(stamps.length === 0 ? '' : bodyOf(sections, 'scan:stamps'));
  const walked = parseWalks(walks.length === 0 ? '' : bodyOf(sections, 'scan:walks'));
  const owners = parseOwners(walks.length === 0 ? '' : bodyOf(sections, 'scan:owners'));
  bodyOf(sections, 'scan:now');
  const texts = reads.map((_, id) => (sections.has(fileSection(id)) ? bodyOf(sections, fileSection(id)) : null));
  for (const want of stamps) want.take(seen.get(want.path) ?? ABSENT);
  for (const [id, want] of walks.entries()) want.take(walked.get(id) ?? null, owners.get(want.ask.dir) ?? null);
  for (const [id, want] of reads.entries()) {
    if (id % TEXTS_AT_ONCE === TEXTS_AT_ONCE - 1) await nextTurn();
    want.take(texts[id] ?? null);
  }
}

/** The body of a section that was printed to its end. Throws HostError. */
export function bodyOf(sections: ReadonlyMap<string, Section>, name: string): string {
  const section = sections.get(name);
  if (section === undefined || !section.complete) {
    throw new HostError('timeout', 'looking at the run folders took too long or was cut off; known runs are kept');
  }
  return section.body;
}
