import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

let serial = 0;

/**
 * Writes a file so that a crash at any instant leaves the old one or the new one whole: a temporary
 * file of its own name, flushed to the disk, then renamed, then the folder flushed.
 */
export async function writeFileAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  serial += 1;
  const temporary = `${path}.${process.pid}.${serial}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
