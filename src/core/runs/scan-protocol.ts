import { posix } from 'node:path';
import type { LogCursor } from '../../domain/launcher.ts';
import { HOUR, type Instant, MINUTE } from '../../domain/time.ts';
import type { Section } from '../sections.ts';
import type { GlobSearch } from './globs.ts';
import { MAX_ROTATIONS } from './log-program.ts';

/*
 * What SCAN_PROGRAM is asked and what it answers, line by line. A path is absolute and without newlines.
 * A stamp is `<mode in hex>:<mtime in seconds>:<size>`, or one of the two below.
 */

/** Not looked at yet: always answered. */
export const UNKNOWN = '?';
/** There is no such file, or it may not be looked at. */
export const ABSENT = '-';

export interface Stamp {
  readonly mode: number;
  readonly mtime: Instant;
  /** Bytes. */
  readonly size: number;
}

/** Whether there was such a file when it was looked at. */
export function isThere(stamp: string): boolean {
  return stamp !== UNKNOWN && stamp !== ABSENT;
}

/** null for UNKNOWN and ABSENT. */
export function parseStamp(stamp: string): Stamp | null {
  const match = /^([0-9a-f]{1,8}):(-?\d{1,13}):(\d{1,16})/.exec(stamp);
  if (match?.[1] === undefined) return null;
  return { mode: Number.parseInt(match[1], 16), mtime: Number(match[2]) * 1000, size: Number(match[3]) };
}

const FILE_TYPE = 0xf000;

export function isRegular({ mode }: Stamp): boolean {
  return (mode & FILE_TYPE) === 0x8000;
}

export interface ConfigSearch {
  readonly id: number;
  readonly root: string;
  /** Checksum of the list known; empty: always answer the list. */
  readonly checksum: string;
  readonly searches: readonly GlobSearch[];
}

/** `$scan_configs`, answered by `parseConfigs`. */
export function configsInput(searches: readonly ConfigSearch[]): string {
  return searches
    .flatMap(({ id, root, checksum, searches: globs }) => [
      `root ${root}`,
      `known ${checksum}`,
      ...globs.flatMap(({ base, depth, name }) => [`depth ${depth}`, `name ${name}`, `base ${base}`]),
      `project ${id}`,
    ])
    .join('\n');
}

export type ConfigsAnswer =
  | { readonly kind: 'same' }
  /** The root or the folder of a glob is not there: an unmounted disk, so that nothing is known to be gone. */
  | { readonly kind: 'absent'; readonly path: string }
  | {
      readonly kind: 'list';
      readonly checksum: string;
      /** Relative to the root. */
      readonly names: readonly string[];
      /** Names with a newline or of broken UTF-8, which are left out; control characters are shown as `?`. */
      readonly refused: readonly string[];
      /** false: a folder could not be looked into. */
      readonly whole: boolean;
    };

export function parseConfigs(body: string): ConfigsAnswer {
  const [head = '', ...lines] = body.split('\n');
  if (head === 'same') return { kind: 'same' };
  if (!head.startsWith('list ')) return { kind: 'absent', path: head.replace(/^absent /, '').replace(/\/\.$/, '') };
  const names = new Set<string>();
  const refused: string[] = [];
  let whole = true;
  for (const line of lines) {
    const name = line.replace(/^(?:\.\/)+/, '');
    if (line === '//') whole = false;
    else if (/[\u0001\ufffd]/.test(name)) refused.push(name.replace(/[\0-\x1f\x7f\ufffd]/g, '?'));
    else if (name !== '') names.add(name);
  }
  return { kind: 'list', checksum: head.slice('list '.length), names: [...names], refused, whole };
}

/** `$scan_stamps`: what is known of some files, answered by `parseStamps` with what differs. */
export function stampsInput(known: Iterable<readonly [path: string, stamp: string]>): string {
  const lines: string[] = [];
  for (const [path, stamp] of known) lines.push(`${stamp} ${path}`);
  return lines.join('\n');
}

/** By path. */
export function parseStamps(body: string): Map<string, string> {
  const stamps = new Map<string, string>();
  for (const line of body.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) stamps.set(line.slice(space + 1), line.slice(0, space));
  }
  return stamps;
}

export interface WalkAsk {
  readonly kind: 'walk' | 'sweep';
  readonly dir: string;
  readonly expectedFiles: readonly string[];
  /** First epoch to look at: the ones before were complete last time. */
  readonly from: number;
  /** Epoch folders last time; when there are fewer now, all are looked at. */
  readonly folders: number;
  /** null: as the folder looks. */
  readonly form: WalkForm | null;
}

/** What is looked for in a work dir: epochs and the logs of a trainer, or the logs of an evaluator. */
export type WalkForm = 'trainer' | 'evaluator';

/** `$scan_walks`, answered by `parseWalks` under the index of each. */
export function walksInput(asks: readonly WalkAsk[]): string {
  const lines: string[] = [];
  let expected: readonly string[] | null = null;
  for (const [id, ask] of asks.entries()) {
    if (ask.expectedFiles !== expected) {
      expected = ask.expectedFiles;
      lines.push('expect', ...expected.map((file) => `file ${file}`), 'expected');
    }
    lines.push(
      ask.kind === 'walk'
        ? `walk ${id} ${ask.from} ${ask.folders} ${ask.form ?? '?'} ${ask.dir}`
        : `sweep ${id} ${ask.dir}`,
    );
  }
  return lines.join('\n');
}

export interface Walk {
  readonly form: WalkForm;
  /** Complete epochs from 0 up to the first that is not. */
  readonly completed: number;
  /** Folders named `epoch_*`. */
  readonly folders: number;
  readonly logs: number;
  /** Name of the newest log. */
  readonly newestLog: string | null;
  /** What will change when the first incomplete epoch becomes complete, relative to the work dir; null: the work dir itself. */
  readonly partial: string | null;
}

export type WalkAnswer =
  /** It, or one of its epochs, cannot be entered. */
  | { readonly kind: 'unreadable'; readonly epoch: string | null }
  /** It is a link that leads nowhere, or in a circle. */
  | { readonly kind: 'dangling' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'walk'; readonly walk: Walk }
  /** The newest expected file in any epoch, relative to the work dir. */
  | { readonly kind: 'sweep'; readonly newest: string | null };

export function parseWalks(body: string): Map<number, WalkAnswer> {
  const answers = new Map<number, WalkAnswer>();
  for (const line of body.split('\n')) {
    const [kind, id, ...rest] = line.split('/');
    if (kind === 'unreadable') answers.set(Number(id), { kind, epoch: rest.join('/') || null });
    if (kind === 'dangling' || kind === 'absent') answers.set(Number(id), { kind });
    if (kind === 'sweep') answers.set(Number(id), { kind, newest: rest.join('/') || null });
    if (kind === 'walk') answers.set(Number(id), { kind, walk: parseWalk(rest) });
  }
  return answers;
}

function parseWalk([form, completed, folders, logs, newestLog, ...partial]: readonly string[]): Walk {
  return {
    form: form === 'evaluator' ? form : 'trainer',
    completed: Number(completed),
    folders: Number(folders),
    logs: Number(logs),
    newestLog: newestLog || null,
    partial: partial.join('/') || null,
  };
}

/** `scan:owners`: login names by work dir. */
export function parseOwners(body: string): Map<string, string> {
  const owners = new Map<string, string>();
  for (const line of body.split('\n')) {
    const split = line.indexOf(' /');
    if (split > 0) owners.set(line.slice(split + 1), line.slice(0, split));
  }
  return owners;
}

/** `$scan_nerfs`: work dirs of nerfstudio runs, answered by `parseNerfstudio`. */
export function nerfstudioInput(dirs: readonly string[]): string {
  return dirs.join('\n');
}

export interface NerfstudioAnswer {
  readonly workDirExists: boolean;
  /** Stamps of its artifacts and checkpoints, by name. */
  readonly files: ReadonlyMap<string, Stamp>;
}

/** By work dir. */
export function parseNerfstudio(body: string): Map<string, NerfstudioAnswer> {
  const answers = new Map<string, NerfstudioAnswer>();
  for (const part of body.split(/^#(?=\/)/m).slice(1)) {
    const [workDir = '', there, ...lines] = part.split('\n');
    const files = [...parseStamps(lines.join('\n'))].flatMap(([path, text]): [string, Stamp][] => {
      const stamp = parseStamp(text);
      return stamp === null || !isRegular(stamp) || stamp.size === 0 ? [] : [[posix.basename(path), stamp]];
    });
    answers.set(workDir, { workDirExists: there === 'there', files: new Map(files) });
  }
  return answers;
}

/** `$scan_appended`: logs, and how far each is known; answered by `parseAppended` under the index of each. */
export function appendedInput(logs: readonly { readonly path: string; readonly cursor: LogCursor | null }[]): string {
  return logs.map(({ path, cursor }, id) => `${id} ${cursorText(cursor)} ${path}`).join('\n');
}

export interface Appended {
  /** What was asked for, from `cursorText`. */
  readonly from: string;
  readonly cursor: LogCursor;
  /** Whole lines. */
  readonly text: string;
}

/** Offset and mark; -1 where nothing of the log is known. */
export function cursorText(cursor: LogCursor | null): string {
  return cursor === null ? '-1 -' : `${cursor.offset} ${cursor.mark}`;
}

/** Logs by how often they were rotated away, the oldest first. */
const PLACES = Array.from({ length: MAX_ROTATIONS + 1 }, (_, index) => MAX_ROTATIONS - index);

/** What was appended to log `id`, those rotated away first; null where there is nothing new. */
export function parseAppended(sections: ReadonlyMap<string, Section>, id: number): Appended | null {
  const parts = PLACES.flatMap((place) => {
    const section = sections.get(`scan:appended:${id}:${place}`);
    const [, from, offset, mark, text] =
      /^(-?\d{1,15} \S{1,40}) (\d{1,15}) ([\da-f]{1,40})\n([\s\S]*)$/.exec(`${section?.body ?? ''}\n`) ?? [];
    if (
      section?.complete !== true ||
      from === undefined ||
      offset === undefined ||
      mark === undefined ||
      text === undefined
    )
      return [];
    return [{ from, cursor: { offset: Number(offset), mark }, text }];
  });
  const last = parts.at(-1);
  const whole = parts.map(({ text }) => text).join('');
  // Nothing but the beginning of a line was added.
  if (last === undefined || (whole === '' && cursorText(last.cursor) === last.from)) return null;
  return { ...last, text: whole };
}

export type ReadAsk =
  | { readonly kind: 'head'; readonly path: string }
  | { readonly kind: 'tail'; readonly path: string; readonly bytes: number };

/** `$scan_reads`; each file that can be read comes back as section `fileSection(index)`. */
export function readsInput(asks: readonly ReadAsk[]): string {
  return asks
    .map((ask, id) => (ask.kind === 'head' ? `head ${id} ${ask.path}` : `tail ${id} ${ask.bytes} ${ask.path}`))
    .join('\n');
}

export function fileSection(id: number): string {
  return `scan:file:${id}`;
}

/** `scan:now`: the host's clock, and how far its time zone is ahead of UTC; null where it cannot be read. */
export function parseNow(body: string): { readonly now: Instant; readonly utcOffsetMs: number } | null {
  const [, seconds, sign, hours, minutes] = /^(\d{1,12})(?: ([-+])(\d\d)(\d\d))?\s*$/.exec(body) ?? [];
  if (seconds === undefined) return null;
  const offset = Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE;
  return { now: Number(seconds) * 1000, utcOffsetMs: sign === '-' ? -offset : offset };
}
