import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface SshdOptions {
  /** Keys the server owns; default ed25519. */
  readonly hostKeys?: readonly HostKeyType[];
  /** Types of these keys that stand in `known_hosts`; default all. */
  readonly known?: readonly HostKeyType[];
  /** Environment of every session; `PATH` with a folder of fakes in front, for example. `HOME` is `home`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further lines of sshd_config. */
  readonly config?: string;
}

/** A real OpenSSH server on 127.0.0.1, with a home folder from which its user may log in. */
export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** `user@127.0.0.1:port`. */
  readonly ssh: string;
  /** Has `.ssh/id_ed25519`, `.ssh/known_hosts` and an empty `.ssh/config`. */
  readonly home: string;
  /** The server's own folder: host keys and `authorized_keys`. */
  readonly folder: string;
  /** Ends server and connections; the same port answers again after `start`. */
  halt(): Promise<void>;
  start(): Promise<void>;
  /** Kills the open connections only. */
  dropConnections(): Promise<void>;
  /** SIGSTOP to the server and all that runs under it. */
  freeze(): Promise<void>;
  resume(): void;
  /** Makes a new host key of the type and starts again with it. */
  swapHostKey(type?: HostKeyType): Promise<void>;
  /** Lets in whoever has the key of another home, and makes the server's present keys the known ones there. */
  welcome(home: string): Promise<void>;
  /** The server and all that runs under it, by process id. */
  processes(): Promise<readonly number[]>;
  /** What the server has logged so far. */
  log(): string;
  /** Ends everything and removes the folders. */
  stop(): Promise<void>;
}

function findSshd(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'sshd')).find((path) => path.startsWith('/') && existsSync(path)) ?? null;
}

/** Call first in `before(function () {...})`: skips the suite aloud where no sshd is installed, and fails it in CI. */
export function needSshd(context: Mocha.Context): void {
  if (findSshd() !== null) return;
  if (process.env.CI === 'true') throw new Error('no sshd here: install openssh-server');
  console.warn('SKIPPED: no sshd here, so nothing of SSH is tested; install openssh-server');
  context.skip();
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const sshd = findSshd();
  if (sshd === null) throw new Error('no sshd here: install openssh-server');
  const hostKeys = options.hostKeys ?? ['ed25519'];
  const root = await mkdtemp(join(tmpdir(), 'pylon-sshd-'));
  const folder = join(root, 'server');
  const home = join(root, 'home');
  const dotSsh = join(home, '.ssh');
  await mkdir(folder);
  await mkdir(dotSsh, { recursive: true, mode: 0o700 });
  for (const type of hostKeys) await makeKey(join(folder, `host_${type}`), type);
  await makeKey(join(dotSsh, 'id_ed25519'), 'ed25519');
  await copyFile(join(dotSsh, 'id_ed25519.pub'), join(folder, 'authorized_keys'));
  await writeFile(join(dotSsh, 'config'), '');
  // Where a root sshd drops its privileges; packages make it at boot only.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });

  const user = userInfo().username;
  const configFile = join(folder, 'sshd_config');
  const penalties = await hasPenalties(sshd);
  let server: { child: ChildProcess; log: () => string } | null = null;
  let earlierLog = '';
  let frozen: number[] = [];

  async function launch(port: number): Promise<void> {
    await writeFile(configFile, sshdConfig({ folder, home, port, hostKeys, options, penalties }));
    server = await spawnSshd(sshd as string, configFile);
  }

  async function halt(): Promise<void> {
    if (server === null) return;
    resume();
    const { child, log } = server;
    const pids = await descendants(child.pid!);
    const gone = new Promise((resolve) => child.once('close', resolve));
    signal([child.pid!, ...pids], 'SIGKILL');
    await gone;
    earlierLog += log();
    server = null;
  }

  function resume(): void {
    signal(frozen, 'SIGCONT');
    frozen = [];
  }

  const port = await launchOnFreePort(launch);
  for (const type of options.known ?? hostKeys) await trust(port, type);

  async function trust(at: number, type: HostKeyType, file = join(dotSsh, 'known_hosts')): Promise<void> {
    const [algorithm, key] = (await readFile(join(folder, `host_${type}.pub`), 'utf8')).split(' ');
    await appendFile(file, `[127.0.0.1]:${at} ${algorithm} ${key}\n`);
  }

  return {
    port,
    user,
    ssh: `${user}@127.0.0.1:${port}`,
    home,
    folder,
    halt,
    resume,
    start: () => launch(port),
    async dropConnections() {
      signal(await descendants(server!.child.pid!), 'SIGKILL');
    },
    async freeze() {
      frozen = [server!.child.pid!, ...(await descendants(server!.child.pid!))];
      signal(frozen, 'SIGSTOP');
    },
    async swapHostKey(type = 'ed25519') {
      await halt();
      await rm(join(folder, `host_${type}`));
      await makeKey(join(folder, `host_${type}`), type);
      await launch(port);
    },
    async welcome(other) {
      if (other !== home) {
        const key = await readFile(join(other, '.ssh', 'id_ed25519.pub'), 'utf8');
        await appendFile(join(folder, 'authorized_keys'), key);
      }
      const file = join(other, '.ssh', 'known_hosts');
      const rows = (await readFile(file, 'utf8')).split('\n').filter((row) => !row.startsWith(`[127.0.0.1]:${port} `));
      await writeFile(file, rows.join('\n'));
      for (const type of hostKeys) await trust(port, type, file);
    },
    processes: async () => (server === null ? [] : [server.child.pid!, ...(await descendants(server.child.pid!))]),
    log: () => earlierLog + (server?.log() ?? ''),
    async stop() {
      await halt();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function makeKey(path: string, type: HostKeyType): Promise<void> {
  await exec('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'pylon-test', '-f', path]);
}

/** From 9.8 on, one failed login after the other would shut the tests out. */
async function hasPenalties(sshd: string): Promise<boolean> {
  const answer = await exec(sshd, ['-V']).catch((error: { stderr: string }) => error);
  const [, major = 0, minor = 0] = /OpenSSH_(\d+)\.(\d+)/.exec(answer.stderr) ?? [];
  return Number(major) * 100 + Number(minor) >= 908;
}

function sshdConfig(given: {
  folder: string;
  home: string;
  port: number;
  hostKeys: readonly HostKeyType[];
  options: SshdOptions;
  penalties: boolean;
}): string {
  const env = Object.entries({ HOME: given.home, ...given.options.env }).map(([name, value]) => `"${name}=${value}"`);
  return [
    `Port ${given.port}`,
    'ListenAddress 127.0.0.1',
    ...given.hostKeys.map((type) => `HostKey ${join(given.folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(given.folder, 'authorized_keys')}`,
    `PidFile ${join(given.folder, 'sshd.pid')}`,
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'StrictModes no',
    'UseDNS no',
    'MaxStartups 200',
    ...(given.penalties ? ['PerSourcePenalties no'] : []),
    `SetEnv ${env.join(' ')}`,
    given.options.config ?? '',
    '',
  ].join('\n');
}

/** Another process may take the free port before sshd does. */
async function launchOnFreePort(launch: (port: number) => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      await launch(port);
      return port;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function spawnSshd(sshd: string, configFile: string): Promise<{ child: ChildProcess; log: () => string }> {
  // sshd asks for its absolute path, as it runs itself again for each connection.
  const child = spawn(sshd, ['-D', '-e', '-f', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`sshd did not start: ${log}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server listening on')) resolve({ child, log: () => log });
    });
  });
}

/** All processes under this one, deepest last. */
async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await exec('ps', ['-e', '-o', 'pid=,ppid=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found) {
    for (const [child, of] of rows) if (of === parent && child !== undefined) found.push(child);
  }
  return found.slice(1);
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}
