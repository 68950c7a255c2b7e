import type { LauncherEvent } from '../../domain/launcher.ts';
import { pathIn, runOfCommand } from './launched-command.ts';
import { isDict, isList, type Literal, readLiteral } from './python-literal.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** An event without what every line has: its time and project. */
export type EventFields = DistributiveOmit<LauncherEvent, 'at' | 'project'>;

export interface Source {
  /** Of the project. */
  readonly root: string;
}

/** A line that the launcher writes: its level, how its message begins, and what the rest of the message says. */
interface LauncherLine {
  readonly level: 'INFO' | 'WARNING' | 'ERROR';
  readonly start: string;
  /** null: nothing happened, or the line is damaged. */
  readonly read: (rest: string, source: Source) => EventFields | null;
}

/** In the forms of both launchers: the first named runs by their configs, the present one by their commands. */
export const LINES: readonly LauncherLine[] = [
  {
    level: 'INFO',
    start: '='.repeat(50),
    // A page break of the logger is longer.
    read: (rest) => (rest === '' ? { kind: 'launcher-round' } : null),
  },
  { level: 'INFO', start: 'The following processes will be killed ', read: readStuckRemoved },
  { level: 'INFO', start: 'The following runs has not been updated in the last ', read: readOutdatedCleaned },
  { level: 'ERROR', start: 'Please fix ', read: readRunError },
  { level: 'INFO', start: 'Executing command on ', read: readRunLaunched },
  { level: 'INFO', start: 'Waiting for idle GPUs', read: () => ({ kind: 'launcher-waiting' }) },
  { level: 'WARNING', start: 'Disconnected GPUs: ', read: readGpusDisconnected },
  { level: 'WARNING', start: 'Disconnected CPUs: ', read: readHostsDisconnected },
  { level: 'INFO', start: 'Average progress across commands: ', read: readProgress },
  { level: 'INFO', start: 'All done.', read: (rest) => (rest === '' ? { kind: 'launcher-done' } : null) },
];

function readStuckRemoved(rest: string, { root }: Source): EventFields | null {
  const runs = entriesOf(rest).flatMap(([command, process]) => {
    const [host, pidText] = isList(process) ? process : [];
    const pid = Number(pidText);
    if (typeof command !== 'string' || typeof host !== 'string' || !Number.isSafeInteger(pid)) return [];
    const config = runOfCommand(command, host, root) ?? pathIn(root, command);
    return config === null ? [] : [{ config, host, pid }];
  });
  return runs.length === 0 ? null : { kind: 'stuck-removed', runs };
}

function readOutdatedCleaned(rest: string, { root }: Source): EventFields | null {
  const [head, days] = /^(\d{1,6}) days and will be removed: /.exec(rest) ?? [];
  if (head === undefined) return null;
  const workDirs = textsOf(rest.slice(head.length)).flatMap((path) => pathIn(root, path) ?? []);
  return workDirs.length === 0 ? null : { kind: 'outdated-cleaned', days: Number(days), workDirs };
}

function readRunError(rest: string, { root }: Source): EventFields | null {
  const separator = '. error_log=';
  const end = rest.lastIndexOf(separator);
  const errorLog = end < 0 || !rest.endsWith('.') ? null : readLiteral(rest.slice(end + separator.length, -1));
  if (typeof errorLog !== 'string') return null;
  const config = pathIn(root, rest.slice(0, end));
  return config === null ? null : { kind: 'run-error', config, errorLog: pathIn(root, errorLog) ?? '' };
}

function readRunLaunched(rest: string, { root }: Source): EventFields | null {
  const [head, host, gpu] = /^(\S{1,300}) \(GPU-(\d{1,4})\): /.exec(rest) ?? [];
  if (head === undefined || host === undefined) return null;
  const config = runOfCommand(rest.slice(head.length), host, root);
  return config === null ? null : { kind: 'run-launched', config, host, gpu: Number(gpu) };
}

function readGpusDisconnected(rest: string): EventFields | null {
  const gpus = entriesOf(rest).flatMap(([host, list]): [string, number[]][] => {
    const indices = isList(list) ? list.filter((index) => typeof index === 'number') : [];
    return typeof host === 'string' && indices.length > 0 ? [[host, indices]] : [];
  });
  return gpus.length === 0 ? null : { kind: 'gpus-disconnected', gpus: Object.fromEntries(gpus) };
}

function readHostsDisconnected(rest: string): EventFields | null {
  const hosts = textsOf(rest);
  return hosts.length === 0 ? null : { kind: 'hosts-disconnected', hosts };
}

function readProgress(rest: string): EventFields | null {
  const [, pct] = /^(\d{1,3}(?:\.\d{1,20})?)%$/.exec(rest) ?? [];
  return pct === undefined ? null : { kind: 'launcher-progress', pct: Number(pct) };
}

function entriesOf(text: string): readonly (readonly [Literal, Literal])[] {
  const value = readLiteral(text);
  return isDict(value) ? value.entries : [];
}

function textsOf(text: string): string[] {
  const value = readLiteral(text);
  return isList(value) ? value.filter((item) => typeof item === 'string') : [];
}
