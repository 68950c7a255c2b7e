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

/** What one round trip may ask: keeps answers small, and the pauses that parsing them makes short. */
const BUDGET = { stamp: 4_000, walk: 250, head: 80, tail: 48 };
const BUDGET_BYTES = 2_000_000;

/** Takes items from the front of the queue until the budget is spent, at least one; an item's wants stay together. */
export function takeBatch<T>(queue: T[], wantsOfItem: (item: T) => readonly Want[]): { items: T[]; wants: Want[] } {
  const items: T[] = [];
  const wants: Want[] = [];
  const left = { ...BUDGET };
  let bytes = BUDGET_BYTES;
  while (queue.length > items.length && bytes > 0 && Object.values(left).every((count) => count > 0)) {
    const item = queue[items.length];
    if (item === undefined) break;
    items.push(item);
    for (const want of wantsOfItem(item)) {
      wants.push(want);
      left[want.kind] -= 1;
      if ('bytes' in want) bytes -= want.bytes;
    }
  }
  queue.splice(0, items.length);
  return { items, wants };
}

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
  for (const [id, want] of reads.entries()) want.take(texts[id] ?? null);
}

/** The body of a section that was printed to its end. Throws HostError. */
export function bodyOf(sections: ReadonlyMap<string, Section>, name: string): string {
  const section = sections.get(name);
  if (section === undefined || !section.complete) {
    throw new HostError('timeout', 'looking at the run folders took too long or was cut off; known runs are kept');
  }
  return section.body;
}
