import { type Finding, valueAt } from './issues.ts';
import { absolute, folderName, type Places } from './places.ts';
import { allowedInstead, describeFound, formatKey, type Path } from './problem.ts';

/*
 * Names that must be there, or must be unique. Works on the value as it was read, valid or not, so
 * that these errors are told together with those of the schema.
 */

/** The bot's own machine, whether or not it is among the hosts. */
export const LOCALHOST = 'localhost';
export const TERMINAL = 'terminal';
/** The receivers that the plan's own switches make. */
export const SUMMARY_CHANNELS = ['email', 'slack', 'discord'] as const;
export type SummaryChannel = (typeof SUMMARY_CHANNELS)[number];

export function summaryReceiver(channel: SummaryChannel): string {
  return `summary-${channel}`;
}

/** A host without a name is called as ssh calls it. */
export function hostName({ name, ssh }: { readonly name?: unknown; readonly ssh?: unknown }): string {
  return text(name) ?? text(ssh) ?? LOCALHOST;
}

export function projectName(
  { name, root }: { readonly name?: unknown; readonly root?: unknown },
  places: Places,
): string {
  return text(name) ?? folderName(absolute(text(root) ?? '.', places));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** One mapping of a list at the top of the file, and where it stands. */
interface Entry {
  readonly path: Path;
  readonly keys: Readonly<Record<string, unknown>>;
}

export function checkReferences(value: unknown, places: Places): Finding[] {
  const hosts = entriesOf(value, 'hosts');
  const projects = entriesOf(value, 'projects');
  const receivers = entriesOf(value, 'receivers');
  return [
    ...repeated(hosts, ({ keys }) => hostName(keys)),
    ...checkLocalHosts(hosts),
    ...repeated(projects, ({ keys }) => projectName(keys, places)),
    ...projects.flatMap((project) => checkProject(project, hosts)),
    ...repeated(receivers, ({ keys }) => text(keys.name)),
    ...checkReservedNames(receivers),
    ...checkRoutes(value, receivers),
    ...repeated(entriesOf(value, 'people'), ({ keys }) => text(keys.name)),
  ];
}

/** Leaves out what is no mapping: the schema tells of it. */
function entriesOf(value: unknown, section: string): Entry[] {
  return listAt(value, [section]).flatMap((item, i) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return [];
    return [{ path: [section, i], keys: item as Entry['keys'] }];
  });
}

function listAt(value: unknown, path: Path): readonly unknown[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

function repeated(entries: readonly Entry[], nameOf: (entry: Entry) => string | undefined): Finding[] {
  const first = new Map<string, Entry>();
  return entries.flatMap((entry) => {
    const name = nameOf(entry);
    if (name === undefined) return [];
    const other = first.get(name);
    first.set(name, other ?? entry);
    if (other === undefined) return [];
    return [
      { path: [...entry.path, 'name'], message: `${describeFound(name)}, which ${formatKey(other.path)} has already` },
    ];
  });
}

function isLocal({ keys }: Entry): boolean {
  return keys.ssh === undefined;
}

function checkLocalHosts(hosts: readonly Entry[]): Finding[] {
  const first = hosts.find(isLocal);
  return hosts.flatMap((host) => {
    const path = [...host.path, 'ssh'];
    if (!isLocal(host)) {
      if (host.keys.name !== LOCALHOST) return [];
      return [{ path, message: 'localhost is this machine; leave ssh out, or choose another name' }];
    }
    if (host === first || first === undefined) return [];
    return [{ path, message: `missing; without it this is this machine, as ${formatKey(first.path)} is already` }];
  });
}

function checkProject({ path, keys }: Entry, hosts: readonly Entry[]): Finding[] {
  const names = hosts.map((host) => hostName(host.keys));
  const readable = [...new Set([...names, LOCALHOST])];
  const probed = hosts.some(isLocal) ? readable : names;
  const remote = hosts.some((host) => !isLocal(host) && hostName(host.keys) === keys.read_from);
  return [
    ...unknown(keys.read_from, [...path, 'read_from'], readable, 'host'),
    ...listAt(keys, ['runs_on']).flatMap((name, i) => unknown(name, [...path, 'runs_on', i], probed, 'host')),
    ...(remote ? checkRemoteRoot(keys.root, [...path, 'root']) : []),
  ];
}

/** Another host's folders are not relative to a file here, and `~` is another there. */
function checkRemoteRoot(root: unknown, path: Path): Finding[] {
  if (text(root)?.startsWith('/')) return [];
  return [{ path, message: `${describeFound(root)}; expected an absolute path, as it lies on another host` }];
}

function checkReservedNames(receivers: readonly Entry[]): Finding[] {
  const reserved = [TERMINAL, ...SUMMARY_CHANNELS.map(summaryReceiver)];
  return receivers.flatMap(({ path, keys }) => {
    if (!reserved.some((name) => name === keys.name)) return [];
    return [{ path: [...path, 'name'], message: `${describeFound(keys.name)}, a name that the bot itself uses` }];
  });
}

function checkRoutes(value: unknown, receivers: readonly Entry[]): Finding[] {
  const declared = receivers.map(({ keys }) => text(keys.name)).filter((name) => name !== undefined);
  const enabled = SUMMARY_CHANNELS.filter(
    (channel) => valueAt(value, ['summary', 'notifications', channel, 'enabled']) === true,
  );
  const known = [...declared, ...enabled.map(summaryReceiver), TERMINAL];
  return entriesOf(value, 'routes').flatMap(({ path, keys }) =>
    listAt(keys, ['receivers']).flatMap((name, i) => unknown(name, [...path, 'receivers', i], known, 'receiver')),
  );
}

/** A name that is not there. What is no text is the schema's to tell. */
function unknown(name: unknown, path: Path, known: readonly string[], what: string): Finding[] {
  if (typeof name !== 'string' || known.includes(name)) return [];
  return [{ path, message: `${describeFound(name)}, which is no ${what} here${allowedInstead(name, known)}` }];
}
