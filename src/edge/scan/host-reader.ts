import { parseProbe } from '../../core/probes/parse.ts';
import { PROBE_PROGRAM } from '../../core/probes/program.ts';
import type { CpuTicks } from '../../core/probes/stat.ts';
import { SCAN_PROGRAM } from '../../core/runs/scan-program.ts';
import { fileSection, readsInput } from '../../core/runs/scan-protocol.ts';
import { SECTION_PRELUDE, type Section, splitSections } from '../../core/sections.ts';
import { type Host, HostError, type HostSample } from '../../domain/host.ts';
import type { Clock, Connector, Follower, HostReader, Random, RunsReading } from '../../domain/ports.ts';
import type { Project, ProjectScan } from '../../domain/run.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import { createAsk, createNonce } from './ask.ts';
import { createScanner } from './scanner.ts';

const PROBE = `${SECTION_PRELUDE}${PROBE_PROGRAM}section end\n`;
/** The clock is read again behind the scan, whose time would else count as the network's. */
const PROBE_AND_SCAN = `${SECTION_PRELUDE}${PROBE_PROGRAM}${SCAN_PROGRAM}section time:end\ndate '+%s.%N'\nsection end\n`;

/** The bounded parts of the probe need up to 45 s where all of them hang; the rest is for the run folders. */
const LIMITS = { timeoutMs: 60 * SECOND, capBytes: 16_000_000 };

/** Between the two readings of the CPU that the first probe makes. */
const FIRST_READING_S = '0.5';

interface Parts {
  readonly host: Host;
  /** Those whose disk is read on this host. */
  readonly projects: readonly Project[];
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly follow: (connector: Connector, onChange: (path: string) => void) => Follower;
}

interface Answer {
  readonly sections: ReadonlyMap<string, Section>;
  readonly askedAt: Instant;
  readonly receivedAt: Instant;
  /** Which request it answers. */
  readonly turn: number;
}

/** Reads one host: its figures and the run folders on its disk, in one round trip. */
export function createHostReader({ host, projects, connector, clock, random, follow }: Parts): HostReader {
  const ask = createAsk(connector, random);
  const scanner = createScanner({ projects, clock });
  let ticks: CpuTicks | null = null;
  let requested = 0;
  let accepted = 0;
  let scans: readonly ProjectScan[] = [];
  let accepting: Promise<unknown> = Promise.resolve();

  async function query(part: 'all' | 'processes'): Promise<Answer> {
    const nonce = createNonce(random);
    const gpus = host.gpus === 'all' ? 'all' : host.gpus.join(',');
    const wait = ticks === null && part === 'all' ? FIRST_READING_S : '';
    requested += 1;
    const turn = requested;
    const scan = projects.length === 0 ? {} : scanner.request();
    const askedAt = clock.now();
    const program = projects.length === 0 ? PROBE : PROBE_AND_SCAN;
    const output = await connector.run(program, { nonce, gpus, probe_part: part, probe_wait: wait, ...scan }, LIMITS);
    const sections = splitSections(output.stdout.toString('utf8'), nonce);
    if (!sections.has('time')) throw noAnswer(output.timedOut, output.stderr);
    return { sections, askedAt, receivedAt: clock.now(), turn };
  }

  function sampleOf({ sections, askedAt, receivedAt }: Answer): { sample: HostSample; ticks: CpuTicks | null } {
    return parseProbe(sections, { host: host.name, askedAt, receivedAt, previous: ticks });
  }

  /** One after another; an answer that a later one has overtaken says nothing new. */
  function readRuns(answer: Answer): Promise<Omit<RunsReading, 'processes'>> {
    const result = accepting.then(() => acceptRuns(answer));
    // One that fails must not fail all that come after it.
    accepting = result.catch(() => undefined);
    return result;
  }

  async function acceptRuns({ sections, turn }: Answer): Promise<Omit<RunsReading, 'processes'>> {
    if (projects.length === 0 || turn < accepted) return { scans, scanError: null };
    try {
      scans = await scanner.accept(sections, ask);
      accepted = turn;
      return { scans, scanError: null };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return { scans: [], scanError: error.message };
    }
  }

  return {
    async look() {
      const answer = await query('all');
      const probed = sampleOf(answer);
      ticks = probed.ticks;
      return { sample: probed.sample, processes: probed.sample.processes, ...(await readRuns(answer)) };
    },
    async lookAtRuns() {
      const answer = await query('processes');
      return { processes: sampleOf(answer).sample.processes, ...(await readRuns(answer)) };
    },
    async readTails(paths) {
      const sections = await ask({ scan_reads: readsInput(paths.map((path) => ({ kind: 'tail', path }))) });
      const tails = paths.flatMap((path, id): [string, string][] => {
        const section = sections.get(fileSection(id));
        return section === undefined ? [] : [[path, section.body]];
      });
      return new Map(tails);
    },
    follow: (onChange) => follow(connector, onChange),
    cache: scanner.snapshotCache,
    restore: scanner.restoreCache,
    close: () => connector.close(),
  };
}

function noAnswer(timedOut: boolean, stderr: string): HostError {
  if (timedOut) return new HostError('timeout', `no answer within ${LIMITS.timeoutMs / SECOND} s`);
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return new HostError('failed', `its shell does not run the probe${said === '' ? '' : `: ${said.slice(0, 200)}`}`);
}
