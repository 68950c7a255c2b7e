import { basename, join, resolve } from 'node:path';

/** Where paths of the configuration are relative to. */
export interface Places {
  /** The folder of pylon.yaml, else the working directory; absolute. */
  readonly folder: string;
  /** What `~` stands for. */
  readonly home: string;
}

export function absolute(path: string, { folder, home }: Places): string {
  return resolve(folder, /^~(?:\/|$)/.test(path) ? join(home, path.slice(1)) : path);
}

/** The name of a project that has none of its own: its folder's, without what a name may not have. */
export function folderName(path: string): string {
  const name = basename(path)
    .replace(/[^\p{L}\p{N} ._@:-]/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 100)
    .trim();
  return name || 'project';
}
