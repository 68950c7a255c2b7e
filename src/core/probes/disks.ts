import type { Disk } from '../../domain/host.ts';
import { LIST_LIMIT_S } from './program.ts';
import { type CommandOutput, EXIT_HUNG, explainCommand, isWhole, type Reading } from './reading.ts';

/** A line of `df -Pk` (POSIX: 1024-byte blocks, one line each). Names of file systems may hold blanks. */
const ROW = /^(\S.{0,1000}?) +(\d{1,16}) +(\d{1,16}) +(-?\d{1,16}) +\d{1,3}% +(\/.{0,1000})$/;

/** File systems that are not a disk: memory, images, layers of containers. */
const NO_DISK =
  /^(?:tmpfs|devtmpfs|devfs|udev|ramfs|shm|none|overlay|efivarfs|\/dev\/(?:loop|sr)\d+|snapfuse|squashfuse(?:_ll)?|cgroup\w*|systemd-\d+)$/;

/**
 * `local` was asked for the disks of the host itself after `all` had hung on a network mount; `inodes` is
 * `df -Pi`, which some do not know.
 */
export function readDisks(all: CommandOutput, local: CommandOutput, inodes: CommandOutput): Reading<readonly Disk[]> {
  const disks = parseDisks(isWhole(all) ? all.lines : local.lines, inodes.lines);
  const failure = explainCommand('df', LIST_LIMIT_S, all, isWhole(all) ? all.lines : []);
  if (disks.length === 0) return { value: null, problem: `disks: ${failure}` };
  return { value: disks, problem: all.exit === EXIT_HUNG ? `network disks: ${failure}` : null };
}

/**
 * Reads `df -Pk`, and `df -Pi` for the same mounts. What is not a disk is left out, except for the root, which is one to whoever writes
 * there; a file system mounted at several places is told once, at its shortest path.
 */
export function parseDisks(lines: readonly string[], inodeLines: readonly string[]): Disk[] {
  const inodes = parseInodes(inodeLines);
  const disks = new Map<string, Disk>();
  for (const line of lines) {
    const [, source, blocks, , free, mount] = ROW.exec(line) ?? [];
    if (source === undefined || mount === undefined || Number(blocks) === 0) continue;
    if (NO_DISK.test(source) && mount !== '/') continue;
    const known = disks.get(source);
    if (known !== undefined && known.mount.length <= mount.length) continue;
    // A file system that is more than full shows less than nothing.
    const size = { total: Number(blocks) * 1024, free: Math.max(0, Number(free)) * 1024 };
    disks.set(source, { mount, ...size, inodes: inodes.get(mount) ?? null });
  }
  return [...disks.values()];
}

/** By mount. File systems that make them as they need show `-` or 0. */
function parseInodes(lines: readonly string[]): ReadonlyMap<string, NonNullable<Disk['inodes']>> {
  const inodes = new Map<string, NonNullable<Disk['inodes']>>();
  for (const line of lines) {
    const [, , total, , free, mount] = ROW.exec(line) ?? [];
    if (mount === undefined || Number(total) === 0) continue;
    inodes.set(mount, { total: Number(total), free: Math.max(0, Number(free)) });
  }
  return inodes;
}
