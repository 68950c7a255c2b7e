import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  pid: z.number(),
  /** Tells a process from a later one with the same pid; null where the system does not say. */
  pid_started: z.string().nullable(),
  host: z.string(),
  /** Where the bot that holds the lock listens. */
  socket: z.string(),
});

type Holder = z.infer<typeof schema>;

/** Another bot works on this data folder. */
export class LockedError extends Error {}

export interface Lock {
  release(): Promise<void>;
}

const FILE = 'pylon.lock';

/**
 * Takes the data folder for this process. A lock whose process is gone is taken over.
 * @throws LockedError naming the process that holds it
 */
export async function acquireLock(folder: string, socket: string): Promise<Lock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  const mine: Holder = { pid: process.pid, pid_started: await startOf(process.pid), host: hostname(), socket };
  const text = `${JSON.stringify(mine)}\n`;
  if (!(await create(path, text))) {
    await removeStale(path, folder);
    if (!(await create(path, text))) throw new LockedError(`another bot has just taken ${folder}`);
  }
  return { release: () => rm(path, { force: true }) };
}

/** Where the bot that works on this data folder listens; null when none runs. */
export async function runningSocket(folder: string): Promise<string | null> {
  const holder = parse(await readFile(join(folder, FILE), 'utf8').catch(() => ''));
  if (holder === null || holder.host !== hostname() || !(await isAlive(holder))) return null;
  return holder.socket;
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string, folder: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const holder = parse(text);
  if (holder !== null && holder.host !== hostname()) {
    throw new LockedError(
      `a bot on ${holder.host} (process ${holder.pid}) works on ${folder}; if that machine is gone for good, remove ${path}`,
    );
  }
  if (holder !== null && (await isAlive(holder))) {
    throw new LockedError(`another bot (process ${holder.pid}) already works on ${folder}; stop it first`);
  }
  // Moved aside and looked at again: a second starter may have taken the lock since it was read.
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => text);
  if (moved !== text) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function parse(text: string): Holder | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = await startOf(holder.pid);
  return started === null || holder.pid_started === null || started === holder.pid_started;
}

/** Field 22 of /proc/PID/stat (proc(5)): clock ticks after boot at which the process started. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName[19] ?? null;
}
