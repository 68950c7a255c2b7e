import type { Host } from '../src/domain/host.ts';
import type { CommandOutput, Connector, HostReader, HostReading } from '../src/domain/ports.ts';
import { createSshConnector } from '../src/edge/connectors/ssh.ts';
import { createHostReader } from '../src/edge/scan/host-reader.ts';
import { systemClock } from '../src/util/clock.ts';
import { GPUS, type GpuHost, PROCESSES, startGpuHost } from './gpu-host.ts';
import { cpuOf, ms } from './measure.ts';
import type { Row, Setting } from './row.ts';

interface Context extends GpuHost {
  /** Over one SSH connection; has looked until there was nothing left to learn. */
  readonly reader: HostReader;
  readonly connector: Connector;
  readonly trips: () => number;
  readonly lastOutput: () => CommandOutput | null;
}

const TICKS = 40;
/** Until the engine has compiled what is run all day. */
const WARM_UP = 100;
/** Of the plain way, which takes some forty times as long. */
const ROUNDS = 3;

/** What the Python monitors run for every GPU, and for every host. */
const PER_GPU = [
  'nvidia-smi --query-gpu=index,memory.total,memory.used,utilization.gpu --format=csv,noheader,nounits',
  'nvidia-smi --query-gpu=index,gpu_uuid --format=csv,noheader',
  'nvidia-smi --query-compute-apps=gpu_uuid,pid --format=csv,noheader',
  'ps -eo pid=,user=,lstart=,cmd=',
];
const PER_HOST = ['cat /proc/meminfo', 'top -bn1', 'cat /proc/loadavg', 'nproc', 'ps -eo pid=,user=,lstart=,cmd='];
const ONE_BY_ONE = [...Array.from({ length: GPUS }, () => PER_GPU).flat(), ...PER_HOST];
const LIMITS = { timeoutMs: 20_000, capBytes: 10_000_000 };

export const hostSetting: Setting<Context> = {
  async open() {
    const gpuHost = await startGpuHost();
    let trips = 0;
    let lastOutput: CommandOutput | null = null;
    const ssh = connect(gpuHost);
    const connector: Connector = {
      ...ssh,
      async run(...given) {
        trips += 1;
        lastOutput = await ssh.run(...given);
        return lastOutput;
      },
    };
    const reader = openReader(gpuHost, connector);
    for (let look = 0; look < WARM_UP; look += 1) checked(await reader.look());
    return { ...gpuHost, reader, connector, trips: () => trips, lastOutput: () => lastOutput };
  },
  async close({ reader, close }) {
    await reader.close();
    await close();
  },
};

export const hostRows: readonly Row<Context>[] = [
  { name: `round trips per host and tick (${GPUS} GPUs)`, goal: '1', measure: roundTrips },
  { name: `connections per host in ${TICKS} ticks`, goal: '1', measure: connections },
  { name: `client CPU per host and tick (${GPUS} GPUs, ${PROCESSES} processes)`, goal: '3 ms', measure: clientCpu },
  { name: 'of that, to parse the answer', goal: '', measure: parseCpu },
];

async function roundTrips({ reader, trips }: Context) {
  const before = trips();
  for (let tick = 0; tick < TICKS; tick += 1) checked(await reader.look());
  const measured = ((trips() - before) / TICKS).toFixed(2);
  return { measured, baseline: `${ONE_BY_ONE.length}: ${PER_GPU.length} per GPU, ${PER_HOST.length} per host` };
}

async function connections(context: Context) {
  const { sshd } = context;
  const logins = () => sshd.log().split('Accepted publickey').length - 1;
  const measured = logins();
  for (const command of ONE_BY_ONE) {
    const connector = connect(context);
    await connector.run(command, {}, LIMITS);
    await connector.close();
  }
  return { measured: String(measured), baseline: `${(logins() - measured) * TICKS}: one per command` };
}

async function clientCpu({ reader, connector }: Context) {
  const cpuMs = await cpuOf(async () => {
    for (let tick = 0; tick < TICKS; tick += 1) checked(await reader.look());
  });
  const separate = await cpuOf(async () => {
    for (let tick = 0; tick < ROUNDS; tick += 1) await oneByOne(connector);
  });
  return { measured: ms(cpuMs / TICKS), baseline: `${ms(separate / ROUNDS)}: one command each, nothing parsed` };
}

async function oneByOne(connector: Connector): Promise<void> {
  for (const command of ONE_BY_ONE) await connector.run(command, {}, LIMITS);
}

/** The same answer over and over: with random numbers that are none, its marks stay the same. */
async function parseCpu(context: Context) {
  const { connector, lastOutput } = context;
  let captured: CommandOutput | null = null;
  const replay: Connector = { ...connector, run: async (...given) => captured ?? connector.run(...given) };
  const reader = openReader(context, replay);
  for (let look = 0; look < 5; look += 1) checked(await reader.look());
  captured = lastOutput();
  const looks = 500;
  for (let look = 0; look < looks; look += 1) await reader.look();
  const cpuMs = await cpuOf(async () => {
    for (let look = 0; look < looks; look += 1) checked(await reader.look());
  });
  return { measured: ms(cpuMs / looks), baseline: '' };
}

function connect({ sshd }: GpuHost): Connector {
  const nothing = () => undefined;
  return createSshConnector({
    name: 'gpu1',
    ssh: sshd.ssh,
    home: sshd.home,
    clock: systemClock,
    random: Math.random,
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    env: {},
  });
}

function openReader({ sshd, project }: GpuHost, connector: Connector): HostReader {
  const host: Host = { name: 'gpu1', ssh: sshd.ssh, gpus: 'all', probeIntervalMs: 30_000 };
  const follow = () => ({ update: () => undefined, stop: () => undefined });
  return createHostReader({
    host,
    projects: [project],
    roots: [project.root],
    connector,
    clock: systemClock,
    random: () => 0.5,
    follow,
    redact: (text) => text,
    onProgress: () => undefined,
  });
}

/** A cheap look that sees nothing would be no figure. */
function checked({ sample, scans, scanError }: HostReading): void {
  const seen =
    sample.gpus?.length === GPUS && sample.processes?.length === PROCESSES && (scans[0]?.runs.length ?? 0) > 0;
  if (!seen) throw new Error(`the look does not see what is there: ${scanError ?? sample.problems.join('; ')}`);
}
