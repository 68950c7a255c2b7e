import { posix } from 'node:path';
import { pathInPlace, placeOf } from '../runs/command.ts';
import { homeOf, workDirOfCommand } from '../runs/formats/nerfstudio.ts';

const FLAG = '--config-filepath';

/** Bytes; a longer one is no path (PATH_MAX of Linux). */
const LONGEST_PATH = 4096;

/**
 * What names the run that a command starts: its config, or the work dir of an `ns-train`; null where the
 * command starts neither. The command may stand within the quotes of others. `host` is where it runs, `user@host`.
 */
export function runOfCommand(command: string, host: string, root: string): string | null {
  const text = withoutInnerQuotes(command);
  const flagAt = text.indexOf(FLAG);
  const path = flagAt < 0 ? nerfstudioWorkDir(text, host) : configBehindFlag(text.slice(flagAt + FLAG.length));
  return path === null ? null : pathIn(root, path);
}

/** Relative to the root where it is in it; else as it stands there. null where it is no path. */
export function pathIn(root: string, path: string): string | null {
  if (path === '' || path.length > LONGEST_PATH) return null;
  const inside = pathInPlace(path, null, placeOf(root, {})) ?? posix.normalize(path);
  return inside.length > 1 ? inside.replace(/\/$/, '') : inside;
}

/** How a quote stands within quotes of its own kind: `'"'"'` of Python's shlex, `'\''` and `\"` of shells. */
function withoutInnerQuotes(command: string): string {
  return command.replace(/'"'"'|'\\''/g, "'").replaceAll('\\"', '"');
}

/** A config ends in `.py`; quotes and spaces before that may be its own. */
function configBehindFlag(text: string): string | null {
  const [opened] = /^(?:=|\s{1,99})['"]?/.exec(text) ?? [];
  if (opened === undefined) return null;
  const place = text.slice(opened.length, opened.length + LONGEST_PATH + 1);
  return /^.*?\.py(?=$|[\s'";&|)])/s.exec(place)?.[0] ?? null;
}

function nerfstudioWorkDir(text: string, host: string): string | null {
  const start = text.search(/(?<![^\s'"/])ns-train\s/);
  const written = start < 0 ? null : workDirOfCommand(text.slice(start));
  const path = written?.replace(/['";]{1,9}$/, '') ?? null;
  const [user = ''] = host.split('@');
  return path?.startsWith('~/') ? posix.join(homeOf(user), path.slice(2)) : path;
}
