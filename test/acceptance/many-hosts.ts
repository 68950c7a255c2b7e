import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Host } from '../../src/domain/host.ts';
import { eventually } from '../support/eventually.ts';
import { needSshd, type Sshd, startSshd } from '../support/sshd.ts';
import { useTempFolder } from '../support/temp.ts';
import { hostAt, type RealMonitor, startMonitor } from './real-monitor.ts';

const exec = promisify(execFile);

/** The longest that a good host may be out of sight beyond its interval, whatever the others do. */
const ROUND_LIMIT = 30_000;

export interface ManyHosts {
  /** Times as fast as real. */
  readonly rate: number;
  readonly probeIntervalMs: number;
  /** Looks at each good host. */
  readonly rounds: number;
  /** nvidia-smi hangs already when the bot starts; else each host's first look lets it hang, in real time. */
  readonly alreadyStuck: boolean;
}

const COUNTS = { good: 15, silent: 10, hanging: 10, stuck: 10, endless: 5 };
type Kind = keyof typeof COUNTS;

/** Why those that cannot be read are not reachable. */
const REASONS = {
  silent: /did not answer within 15 s/,
  hanging: /took the login, but its shell printed nothing within 30 s/,
  endless: /prints without end/,
};

/** Fifty hosts, of which most misbehave, each in its own way: what real servers and tools can be made to do. */
export function manyHosts({ rate, probeIntervalMs, rounds, alreadyStuck }: ManyHosts): void {
  let servers: Partial<Record<'good' | 'hanging' | 'stuck' | 'endless', Sshd>> = {};
  let silent: Server;
  let monitor: RealMonitor;
  const sockets = new Set<Socket>();
  let connections = 0;
  let mostSockets = 0;
  /** Marks what the bad hosts run, so that it can be counted and ended. */
  let mark = '';

  before(function () {
    needSshd(this);
  });
  const folder = useTempFolder();

  beforeEach(async () => {
    mark = `${process.pid}${Math.floor(Math.random() * 1e6)}`;
    const [good, hanging, stuck, endless] = await Promise.all([
      startSshd(),
      startSshd({ config: `ForceCommand ${script('hanging', `exec sleep ${mark}1`)}` }),
      startSshd({ env: { PATH: `${stuckTools()}:${process.env.PATH}` } }),
      startSshd({ config: `ForceCommand ${script('endless', `exec yes ${mark}`)}` }),
    ]);
    servers = { good, hanging, stuck, endless };
    silent = createServer((socket) => {
      sockets.add(socket);
      connections += 1;
      mostSockets = Math.max(mostSockets, sockets.size);
      socket.resume();
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    for (const sshd of [hanging, stuck, endless]) await sshd.welcome(good.home);
  });

  afterEach(async () => {
    await monitor?.stop();
    for (const pid of await marked()) endQuietly(pid);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await Promise.all(Object.values(servers).map((sshd) => sshd.stop()));
  });

  function script(name: string, text: string): string {
    const path = join(folder.path, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** An nvidia-smi that no signal but KILL ends, and a ps that shows it as a process in uninterruptible sleep. */
  function stuckTools(): string {
    mkdirSync(join(folder.path, 'tools'));
    script('tools/nvidia-smi', `trap '' TERM\nwhile :; do sleep ${mark}2; done`);
    script('tools/ps', `PATH=\${PATH#*:} ps "$@" | sed '/nvidia-smi/{s/ S[^ ]* / D /;s/ 00:/ 01:/;}'`);
    return join(folder.path, 'tools');
  }

  /** Processes of the bad hosts: their command lines hold the mark or stand in this test's folder. */
  async function marked(): Promise<number[]> {
    return [...(await commandLines())].flatMap(([pid, args]) =>
      args.includes(mark) || args.includes(folder.path) ? [pid] : [],
    );
  }

  async function running(text: string): Promise<number> {
    return [...(await commandLines()).values()].filter((args) => args.includes(text)).length;
  }

  function hosts(): Host[] {
    const address = silent.address() as AddressInfo;
    const ssh = (kind: Kind) =>
      kind === 'silent' ? `${servers.good?.user}@127.0.0.1:${address.port}` : (servers[kind]?.ssh ?? '');
    return Object.entries(COUNTS).flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, index) => hostAt(`${kind}${index}`, ssh(kind as Kind), probeIntervalMs)),
    );
  }

  const names = (kind: Kind) => Array.from({ length: COUNTS[kind] }, (_, index) => `${kind}${index}`);

  it('are looked at in time where they are well, and told apart where they are not', async () => {
    if (alreadyStuck) {
      const tool = execFile(join(folder.path, 'tools', 'nvidia-smi'));
      tool.unref();
      await eventually('nvidia-smi hangs', async () => (await running(`${folder.path}/tools/nvidia-smi`)) === 1);
    }
    monitor = startMonitor({ hosts: hosts(), home: servers.good?.home ?? '', rate });
    let mostEndless = 0;
    await eventually(
      `${rounds} rounds and the right reason for each bad host`,
      async () => {
        mostEndless = Math.max(mostEndless, await running(`yes ${mark}`));
        const seen = names('good').every((name) => monitor.samplesOf(name).length > rounds);
        const known = Object.entries(REASONS).every(([kind, reason]) =>
          names(kind as Kind).every((name) => reason.test(monitor.host(name).error?.message ?? '')),
        );
        return seen && known && names('stuck').every((name) => monitor.samplesOf(name).length > 0);
      },
      ((rounds + 3) * (probeIntervalMs + ROUND_LIMIT)) / rate + 60_000,
    );

    const gaps = names('good').flatMap((name) => {
      const times = monitor.samplesOf(name);
      return times.slice(1).map((at, index) => at - (times[index] ?? at));
    });
    assert.ok(Math.max(...gaps) < probeIntervalMs + ROUND_LIMIT, `longest gap: ${Math.max(...gaps) / 1_000} s`);
    assert.ok(names('good').every((name) => monitor.host(name).reachable === true));

    for (const name of names('stuck')) {
      const { reachable, sample } = monitor.host(name);
      assert.equal(reachable, true);
      assert.ok(sample?.cpu !== undefined && sample.processes !== null, 'all but its GPUs is known');
      assert.match(sample.problems.join('\n'), /nvidia-smi/);
    }

    // At most one attempt at a time for each host, and what it left behind did not pile up.
    assert.ok(mostSockets <= COUNTS.silent, `${mostSockets} connections at once, ${connections} in all`);
    assert.ok(mostEndless <= COUNTS.endless, `${mostEndless} endless programs at once`);
    // The waits between attempts double, from half a minute on.
    const attempts = 1 + Math.log2(1 + (monitor.clock.now() - startOf(monitor)) / 30_000);
    const sleeping = await running(`sleep ${mark}1`);
    assert.ok(sleeping <= COUNTS.hanging * attempts, `${sleeping} hanging logins`);
    const stuck = await running(`${folder.path}/tools/nvidia-smi`);
    assert.ok(stuck <= (alreadyStuck ? 1 : COUNTS.stuck), `${stuck} hanging nvidia-smi`);

    await monitor.stop();
    await eventually('no connection is left', () => sockets.size === 0);
    await eventually('no endless program is left', async () => (await running(`yes ${mark}`)) === 0);
  });
}

function startOf(monitor: RealMonitor): number {
  return Math.min(...monitor.samplesOf('good0'));
}

async function commandLines(): Promise<Map<number, string>> {
  const { stdout } = await exec('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 64 * 1024 * 1024 });
  return new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line): [number, string] => {
        const [, pid = '', args = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
        return [Number(pid), args];
      }),
  );
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
