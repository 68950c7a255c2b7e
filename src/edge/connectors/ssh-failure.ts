import { HostError } from '../../domain/host.ts';
import { printable } from './printable.ts';
import type { Login } from './ssh-auth.ts';
import type { SshSettings } from './ssh-settings.ts';

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'has a name that is not known',
  EAI_AGAIN: 'has a name that could not be looked up just now',
  ECONNREFUSED: 'refuses connections: no SSH server listens there',
  EHOSTUNREACH: 'cannot be reached: no route',
  ENETUNREACH: 'cannot be reached: no network',
  ETIMEDOUT: 'does not answer',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
};

/** Puts what sockets and ssh2 report into a sentence with its kind. Hostile text is made printable. */
export function sshFailure(error: unknown, settings: SshSettings, login: Login | null): HostError {
  if (error instanceof HostError) return error;
  const { label } = settings;
  const { code, level, message } = error as { code?: unknown; level?: unknown; message?: unknown };
  const text = printable(String(message ?? error)).slice(0, 300);
  if (level === 'client-authentication' || /too many authentication failures/i.test(text)) {
    return new HostError('auth', loginRefused(settings, login));
  }
  if (/before handshake/.test(text)) {
    const why = 'too many logins at a time or after failed ones (MaxStartups, PerSourcePenalties), or a firewall';
    return new HostError('unreachable', `${label} closed the connection before it said anything: ${why}`);
  }
  const unreachable = typeof code === 'string' ? UNREACHABLE[code] : undefined;
  if (unreachable !== undefined) return new HostError('unreachable', `${label} ${unreachable}`);
  if (level === 'client-timeout') return new HostError('unreachable', `${label} no longer answers`);
  if (level === 'handshake' || level === 'protocol') {
    return new HostError('failed', `${label} speaks SSH in a way that is not understood: ${text}`);
  }
  return new HostError('unreachable', `the connection to ${label} was lost: ${text}`);
}

function loginRefused({ label, typed }: SshSettings, login: Login | null): string {
  const tried = login?.tried ?? [];
  const sentences = [
    tried.length === 0 ? `there is no key to log in as ${label}` : `${label} refused ${tried.join(', ')}`,
    ...(login?.problems ?? []),
    `To let the bot's key in: ssh-copy-id ${typed}`,
  ];
  return sentences.join('. ');
}
