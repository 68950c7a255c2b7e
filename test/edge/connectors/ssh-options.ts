import type { SshConnectorOptions } from '../../../src/edge/connectors/ssh.ts';
import { systemClock } from '../../../src/util/clock.ts';
import type { Sshd } from '../../support/sshd.ts';

export const USUAL = { timeoutMs: 15_000, capBytes: 1024 * 1024 };

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Options of a connector to a test server, with a log that can be read. */
export function sshOptions(
  sshd: Pick<Sshd, 'ssh' | 'home'>,
  changes: Partial<SshConnectorOptions> = {},
): SshConnectorOptions & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: fields as Record<string, unknown> });
  };
  return {
    name: 'gpu1',
    ssh: sshd.ssh,
    home: sshd.home,
    clock: systemClock,
    random: () => 1,
    logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    env: {},
    ...changes,
    lines,
  };
}
