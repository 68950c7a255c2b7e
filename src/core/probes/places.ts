import type { HostSample } from '../../domain/host.ts';
import { LIST_LIMIT_S } from './program.ts';
import { type CommandOutput, EXIT_HUNG, explainCommand, type Reading } from './reading.ts';

/** Reads `ls -lnd /proc/PID/cwd ...`: working folders by pid; those that this user may not see are left out. */
export function parseCwds(body: string): ReadonlyMap<number, string> {
  const links = body.matchAll(/ \/proc\/(\d{1,10})\/cwd -> (\/.{0,4095})$/gm);
  return new Map([...links].map(([, pid, folder]) => [Number(pid), folder ?? '']));
}

/** Reads where these roots really are: `N path` for the Nth. Each answers for itself, so that those that hang hide no other. */
export function readRoots(output: CommandOutput, roots: readonly string[]): Reading<HostSample['roots']> {
  const found = output.lines.flatMap((line): [string, string][] => {
    const [, number, path] = /^(\d{1,4}) (\/.{0,4095})$/.exec(line) ?? [];
    const root = roots[Number(number)];
    return root === undefined || path === undefined ? [] : [[root, path]];
  });
  const hangs = output.exit === EXIT_HUNG;
  const problem = hangs ? `project roots: ${explainCommand('cd', LIST_LIMIT_S, output)}` : null;
  return { value: Object.fromEntries(found), problem };
}
