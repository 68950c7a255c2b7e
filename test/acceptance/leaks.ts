import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PROBE_PROGRAM } from '../../src/core/probes/program.ts';
import { SECTION_PRELUDE } from '../../src/core/sections.ts';
import { type Host, HostError } from '../../src/domain/host.ts';
import type { Clock, Connector, FollowerEvents } from '../../src/domain/ports.ts';
import { createLocalConnector } from '../../src/edge/connectors/local.ts';
import { createSshConnector } from '../../src/edge/connectors/ssh.ts';
import { createRemoteFollower } from '../../src/edge/follow/remote.ts';
import { createHostReader } from '../../src/edge/scan/host-reader.ts';
import { createHostWatch, type HostWatch } from '../../src/host-watch.ts';
import { systemClock } from '../../src/util/clock.ts';
import { eventually } from '../support/eventually.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { type Resources, resources } from '../support/resources.ts';
import { needSshd, type Sshd, startSshd } from '../support/sshd.ts';
import { useTempFolder } from '../support/temp.ts';

const LIMITS = { timeoutMs: 20_000, capBytes: 4_000_000 };
const HOSTS = 50;
const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface Rounds {
  /** Over fifty hosts whose answers were recorded, and of which most fail. */
  readonly recorded: number;
  /** Over one host with a real connection, and over the own machine. */
  readonly real: number;
}

/** That looking at hosts again and again keeps nothing: descriptors, timers, memory. */
export function noLeaks({ recorded, real }: Rounds): void {
  const folder = useTempFolder();

  it(`keeps nothing of ${recorded} rounds over ${HOSTS} hosts, whatever they answer`, async () => {
    const clock = manualClock();
    const answer = await recordedAnswer();
    const watches = Array.from({ length: HOSTS }, (_, index) => {
      return watchOver(hostNamed(`gpu${index}`), answeringConnector(index, answer, clock), clock);
    });
    const round = async (): Promise<void> => {
      const looks = watches.map((watch) => watch.look());
      // Those that hang give up when their time has come.
      for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(120_000);
      await Promise.all(looks);
    };
    for (let warmUp = 0; warmUp < 20; warmUp += 1) await round();
    const before = resources();
    const waiting = clock.waiting();
    for (let count = 0; count < recorded; count += 1) await round();
    assertNoMore(resources(), before);
    assert.equal(clock.waiting(), waiting, 'timers of the clock');
    const [well, lost] = watches.map((watch) => watch.state());
    assert.ok((well?.sample?.processes?.length ?? 0) > 0, 'the recorded answer is understood');
    assert.equal(lost?.reachable, false);
    await Promise.all(watches.map((watch) => watch.stop()));
    assert.equal(clock.waiting(), 0);
  });

  it(`keeps nothing of ${real} programs on the own machine that end, hang and print without end`, async () => {
    const connector = createLocalConnector({ clock: systemClock });
    await programs(connector, 2);
    const before = resources();
    await programs(connector, real);
    await back(before);
    await connector.close();
  });

  describe('over ssh', () => {
    let sshd: Sshd;
    before(async function () {
      needSshd(this);
      sshd = await startSshd();
    });
    after(() => sshd?.stop());

    it(`keeps nothing of ${real} programs, lost connections and begun streams`, async () => {
      const options = { name: 'gpu1', ssh: sshd.ssh, clock: systemClock, random: () => 0, logger, env: {} };
      const use = async (rounds: number): Promise<void> => {
        const connector = createSshConnector({ ...options, home: sshd.home });
        const follower = followerOf(connector);
        for (let round = 0; round < rounds; round += 1) {
          follower.update([join(folder.path, `${round}.log`)]);
          await programs(connector, 1);
          if (round % 5 === 4) await sshd.dropConnections();
        }
        follower.stop();
        await connector.close();
      };
      await use(5);
      const before = resources();
      await use(real);
      await back(before);
      await eventually('no program is left on the host', async () => (await sshd.processes()).length === 1);
    });
  });
}

/** One of each kind, so often. Those that fail for a lost connection count as well. */
async function programs(connector: Connector, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await Promise.allSettled([
      connector.run('echo out; echo err >&2; exit 3', {}, LIMITS),
      connector.run('exec yes', {}, { ...LIMITS, capBytes: 10_000 }),
      connector.run('echo; while :; do sleep 0.05; echo; done', {}, { ...LIMITS, timeoutMs: 100 }),
      connector.stream('while :; do sleep 0.05; echo; done', {}, () => {}).then((stream) => stream.stop()),
    ]);
  }
}

function followerOf(connector: Connector) {
  return createRemoteFollower({
    connector,
    clock: systemClock,
    random: () => 0,
    on: { changed: () => {}, ended: () => {} },
    onProblem: () => {},
  });
}

function hostNamed(name: string): Host {
  return { name, ssh: name, gpus: 'all', probeIntervalMs: 30_000 };
}

function watchOver(host: Host, connector: Connector, clock: Clock): HostWatch {
  const follow = (over: Connector, on: FollowerEvents) =>
    createRemoteFollower({ connector: over, clock, random: () => 0, on, onProblem: () => {} });
  const reader = createHostReader({
    host,
    projects: [],
    roots: [],
    connector,
    clock,
    random: Math.random,
    redact: (text) => text,
    onProgress: () => {},
    follow,
  });
  const watch = createHostWatch({
    host,
    reader,
    clock,
    random: () => 0.5,
    logger,
    isFatal: () => false,
    onFatal: () => {},
    onEnded: () => {},
    onReading: () => {},
    onState: () => {},
  });
  watch.follow([`/logs/${host.name}.log`], [1]);
  return watch;
}

const RECORDED_NONCE = 'recorded';

/** What a real shell answers to a probe here. */
async function recordedAnswer(): Promise<string> {
  const connector = createLocalConnector({ clock: systemClock });
  const program = `${SECTION_PRELUDE}${PROBE_PROGRAM}section end\n`;
  const input = { nonce: RECORDED_NONCE, gpus: 'all', probe_part: 'all', probe_wait: '' };
  const { stdout } = await connector.run(program, input, LIMITS);
  await connector.close();
  return stdout.toString();
}

/** Answers in the way that its number says: well, not at all, without end, cut off, or with a lost connection. */
function answeringConnector(index: number, answer: string, clock: ManualClock): Connector {
  const good = (nonce = '') => Buffer.from(answer.replaceAll(RECORDED_NONCE, nonce));
  const output = { stderr: '', exitCode: 0, timedOut: false, truncated: false };
  return {
    async run(_program, { nonce }, { timeoutMs }) {
      switch (index % 5) {
        case 0:
          return { ...output, stdout: good(nonce) };
        case 1:
          throw new HostError('unreachable', 'closed the connection');
        case 2:
          await new Promise<void>((resolve) => clock.after(timeoutMs, resolve));
          return { ...output, stdout: good(nonce).subarray(0, 300), exitCode: null, timedOut: true };
        case 3:
          return { ...output, stdout: Buffer.alloc(100_000, 'y\n'), exitCode: null, truncated: true };
        default:
          await new Promise<void>((resolve) => clock.after(timeoutMs, resolve));
          throw new HostError('timeout', 'its shell printed nothing');
      }
    },
    async stream() {
      if (index % 5 === 1) throw new HostError('unreachable', 'closed the connection');
      return { ended: Promise.resolve('the program was ended'), stop: () => {} };
    },
    close: () => Promise.resolve(),
  };
}

/** What ends by itself soon, such as a killed shell, is waited for. */
async function back(before: Resources): Promise<void> {
  await eventually('descriptors and timers are back', () => {
    const { descriptors, timers } = resources();
    return descriptors <= before.descriptors && timers <= before.timers + 1;
  }).catch(() => {});
  assertNoMore(resources(), before);
}

function assertNoMore(after: Resources, before: Resources): void {
  const told = JSON.stringify({ before, after });
  assert.ok(after.descriptors <= before.descriptors + 2, `descriptors: ${told}`);
  assert.ok(after.timers <= before.timers + 2, `timers: ${told}`);
  assert.ok(after.heapBytes <= before.heapBytes + 8_000_000, `memory: ${told}`);
}
