import { copyFile, link, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import type { Store } from '../../domain/ports.ts';
import { EMPTY_STATE, type State } from '../../domain/state.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { stateSchema } from './state-schema.ts';

export interface OpenedStore {
  readonly store: Store;
  /** What was wrong with the file on disk and what was done about it; null when all was well. */
  readonly recovery: string | null;
}

/**
 * Opens `state.json` in the folder. The last document but one is kept as `state.previous.json`; a
 * damaged one is set aside under another name and the last good copy taken.
 */
export async function openStateStore(folder: string): Promise<OpenedStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeftovers(folder);
  const adapter = new StateFile(join(folder, 'state.json'), join(folder, 'state.previous.json'));
  const db = new Low<State>(adapter, EMPTY_STATE);
  await db.read();
  return { store: createStore(db), recovery: adapter.recovery };
}

/**
 * One write at a time; commits that arrive during a write share the next one. A commit whose write
 * fails rejects, and the change stays in memory for the next write to carry.
 */
function createStore(db: Low<State>): Store {
  let writing: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let saved = db.data;

  async function write(): Promise<void> {
    const document = db.data;
    if (document === saved) return;
    await db.write();
    saved = document;
  }

  function save(): Promise<void> {
    if (next !== null) return next;
    const before = writing ?? Promise.resolve();
    next = before
      .catch(() => undefined)
      .then(() => {
        writing = next;
        next = null;
        return write();
      });
    return next;
  }

  return {
    read: () => db.data,
    commit(change) {
      db.data = change(db.data);
      return save();
    },
  };
}

class StateFile implements Adapter<State> {
  recovery: string | null = null;
  readonly #path: string;
  readonly #previous: string;

  constructor(path: string, previous: string) {
    this.#path = path;
    this.#previous = previous;
  }

  async read(): Promise<State | null> {
    const current = await readDocument(this.#path);
    if (current.state !== null) return current.state;
    const previous = await readDocument(this.#previous);
    if (current.problem === null && previous.problem === null && previous.state === null) return null;
    if (current.problem !== null) {
      const aside = `${this.#path}.damaged-${await countDamaged(this.#path)}`;
      await rename(this.#path, aside);
      this.recovery = `${this.#path}: ${current.problem}; it is kept as ${aside}`;
    } else {
      this.recovery = `${this.#path} is missing`;
    }
    this.recovery +=
      previous.state === null
        ? '. There is no good copy: the bot starts anew and takes what it finds as known.'
        : '. The copy before it was used: some messages may be repeated.';
    return previous.state;
  }

  async write(state: State): Promise<void> {
    const text = JSON.stringify(state);
    await keepPrevious(this.#path, this.#previous);
    await writeFileAtomically(this.#path, text);
  }
}

/** A second name for the old file and not a rename, so that there is a whole `state.json` at every instant. */
async function keepPrevious(path: string, previous: string): Promise<void> {
  const temporary = `${previous}.tmp`;
  await rm(temporary, { force: true });
  try {
    await link(path, temporary);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    // Some network disks know no hard links.
    await copyFile(path, temporary);
  }
  await rename(temporary, previous);
}

interface Document {
  readonly state: State | null;
  /** null: good, or not there. */
  readonly problem: string | null;
}

async function readDocument(path: string): Promise<Document> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: null, problem: null };
    throw error;
  }
  try {
    const parsed = stateSchema.safeParse(JSON.parse(text));
    if (parsed.success) return { state: parsed.data, problem: null };
    const [issue] = parsed.error.issues;
    return { state: null, problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit'}` };
  } catch {
    return { state: null, problem: 'is not whole JSON' };
  }
}

async function countDamaged(path: string): Promise<number> {
  const names = await readdir(dirname(path));
  return names.filter((name) => name.includes('.damaged-')).length + 1;
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.tmp')) await rm(join(folder, name), { force: true });
  }
}
