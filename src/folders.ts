import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface DataFolder {
  readonly dataDir: string;
}

/** What must not be lost: the state, its lock and the control socket. */
export const stateFolder = ({ dataDir }: DataFolder): string => join(dataDir, 'state');
/** May be lost: it is built anew from the disks. */
export const runsCacheFile = ({ dataDir }: DataFolder): string => join(dataDir, 'state', 'runs.json');
export const historyFolder = ({ dataDir }: DataFolder): string => join(dataDir, 'history');
export const logFolder = ({ dataDir }: DataFolder): string => join(dataDir, 'logs');

/** The package's own folder, the same from `src` and from `dist`. */
const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));

export const templatesFolder: string = join(PACKAGE, 'templates');
