import { z } from 'zod';
import { type Probed, parseProbe, parseProcessTable } from '../../core/probes/parse.ts';
import { PROBE_PROGRAM } from '../../core/probes/program.ts';
import type { CpuTicks } from '../../core/probes/stat.ts';
import { SCAN_PROGRAM, TAIL_BYTES } from '../../core/runs/scan-program.ts';
import { fileSection, readsInput } from '../../core/runs/scan-protocol.ts';
import { SECTION_PRELUDE, type Section, splitSections } from '../../core/sections.ts';
import { type Host, HostError, type KnownGpu } from '../../domain/host.ts';
import type {
  Clock,
  CommandOutput,
  Connector,
  Follower,
  FollowerEvents,
  HostReader,
  Random,
  RunsReading,
} from '../../domain/ports.ts';
import type { Project, ProjectScan } from '../../domain/run.ts';
import { type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import { backoffDelay } from '../../util/backoff.ts';
import { createAsk, createNonce } from './ask.ts';
import { createScanner, type ScanProgress } from './scanner.ts';

const PROBE = `${SECTION_PRELUDE}${PROBE_PROGRAM}section end\n`;
/** The clock is read again behind the scan, whose time would else count as the network's. */
const PROBE_AND_SCAN = `${SECTION_PRELUDE}${PROBE_PROGRAM}${SCAN_PROGRAM}section time:end\ndate '+%s.%N'\nsection end\n`;

/** The probe ends after 28 s where all of its parts hang; run folders that are not read by then are read at the next look. */
const LIMITS = { timeoutMs: 30 * SECOND, capBytes: 16_000_000 };

/** A disk that hangs (a dead network mount) holds the shell that looks at it: after a second failure in a row it is left alone for a while. */
const DISK_BACKOFF = { firstMs: MINUTE, maxMs: 10 * MINUTE };

/** Between the two readings of the CPU that the first probe makes. */
const FIRST_READING_S = '0.5';

/** What is kept over a restart of the bot; each part is good or bad by itself. */
const cacheSchema = z.object({ gpus: z.unknown(), runs: z.unknown() });

const knownGpusSchema: z.ZodType<readonly KnownGpu[]> = z.array(
  z.object({
    index: z.number(),
    uuid: z.string(),
    name: z.string(),
    busId: z.string(),
    missingSince: z.number().nullable(),
  }),
);

interface Parts {
  readonly host: Host;
  /** Those whose disk is read on this host. */
  readonly projects: readonly Project[];
  /** Roots of all projects whose processes may live on this host. */
  readonly roots: readonly string[];
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly follow: (connector: Connector, on: FollowerEvents) => Follower;
  /** Masks the secrets in what is told of a log. */
  readonly redact: (text: string) => string;
  /** Called while many runs are read for the first time. */
  readonly onProgress: (progress: ScanProgress) => void;
}

interface Answer {
  readonly sections: ReadonlyMap<string, Section>;
  readonly askedAt: Instant;
  readonly receivedAt: Instant;
  /** Whether it was asked for the run folders. */
  readonly scanned: boolean;
  /** Which request it answers. */
  readonly turn: number;
}

/** Reads one host: its figures and the run folders on its disk, in one round trip. */
export function createHostReader(parts: Parts): HostReader {
  const { host, projects, connector, clock, random, follow, redact, onProgress } = parts;
  // They are handed over a line each.
  const roots = parts.roots.filter((root) => !root.includes('\n'));
  const ask = createAsk(connector, random);
  const scanner = createScanner({ projects, clock, redact, onProgress });
  let ticks: CpuTicks | null = null;
  let known: readonly KnownGpu[] = [];
  let requested = 0;
  let accepted = 0;
  let scans: readonly ProjectScan[] = [];
  let accepting: Promise<unknown> = Promise.resolve();
  let failures = 0;
  let diskError: string | null = null;
  let nextScanAt: Instant = 0;

  async function query(part: 'all' | 'processes'): Promise<Answer> {
    const nonce = createNonce(random);
    const gpus = host.gpus === 'all' ? 'all' : host.gpus.join(',');
    const wait = ticks === null && part === 'all' ? FIRST_READING_S : '';
    requested += 1;
    const turn = requested;
    const askedAt = clock.now();
    const scanned = projects.length > 0 && askedAt >= nextScanAt;
    const scan = scanned ? scanner.request(part === 'processes') : {};
    const program = scanned ? PROBE_AND_SCAN : PROBE;
    const probe = { nonce, gpus, probe_part: part, probe_wait: wait, probe_roots: roots.join('\n') };
    const output = await connector.run(program, { ...probe, ...scan }, LIMITS);
    const sections = splitSections(output.stdout.toString('utf8'), nonce);
    if (!sections.has('time')) throw noAnswer(output);
    return { sections, askedAt, receivedAt: clock.now(), scanned, turn };
  }

  function probedBy({ sections, askedAt, receivedAt }: Answer): Probed {
    const probed = parseProbe(sections, { host: host.name, askedAt, receivedAt, previous: ticks, known, roots });
    ticks = probed.ticks;
    known = probed.known;
    return probed;
  }

  /** One after another; an answer that a later one has overtaken says nothing new. */
  function readRuns(answer: Answer): Promise<Omit<RunsReading, 'processes'>> {
    const result = accepting.then(() => acceptRuns(answer));
    // One that fails must not fail all that come after it.
    accepting = result.catch(() => undefined);
    return result;
  }

  async function acceptRuns({ sections, scanned, turn }: Answer): Promise<Omit<RunsReading, 'processes'>> {
    if (projects.length === 0 || turn < accepted) return { scans, scanError: null };
    if (!scanned) return { scans: [], scanError: diskError };
    try {
      scans = await scanner.accept(sections, ask);
      accepted = turn;
      failures = 0;
      diskError = null;
      return { scans, scanError: null };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      failures += 1;
      diskError = error.message;
      if (failures > 1) nextScanAt = clock.now() + backoffDelay(failures - 1, DISK_BACKOFF, random);
      return { scans: [], scanError: diskError };
    }
  }

  return {
    async look(onSample) {
      const answer = await query('all');
      const { sample } = probedBy(answer);
      onSample?.(sample);
      return { sample, processes: sample.processes, ...(await readRuns(answer)) };
    },
    async lookAtRuns() {
      const answer = await query('processes');
      return { processes: parseProcessTable(answer.sections, answer), ...(await readRuns(answer)) };
    },
    async readTails(paths) {
      const sections = await ask({
        scan_reads: readsInput(paths.map((path) => ({ kind: 'tail', path, bytes: TAIL_BYTES }))),
      });
      const tails = paths.flatMap((path, id): [string, string][] => {
        const section = sections.get(fileSection(id));
        return section === undefined ? [] : [[path, section.body]];
      });
      return new Map(tails);
    },
    adopt: scanner.adopt,
    resumeLog: scanner.resumeLog,
    follow: (on) => follow(connector, on),
    cache: () => ({ gpus: known, runs: scanner.snapshotCache() }),
    restore(cache) {
      const { data } = cacheSchema.safeParse(cache);
      known = knownGpusSchema.safeParse(data?.gpus).data ?? [];
      scanner.restoreCache(data?.runs);
    },
    close: () => connector.close(),
  };
}

function noAnswer({ timedOut, truncated, stderr }: CommandOutput): HostError {
  if (truncated) return new HostError('failed', 'its login shell prints without end instead of running the probe');
  if (timedOut) return new HostError('timeout', `no answer within ${LIMITS.timeoutMs / SECOND} s`);
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return new HostError('failed', `its shell does not run the probe${said === '' ? '' : `: ${said.slice(0, 200)}`}`);
}
