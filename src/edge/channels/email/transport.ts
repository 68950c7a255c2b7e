import type { Transporter } from 'nodemailer';
import type { Clock } from '../../../domain/ports.ts';
import { type Instant, MINUTE, SECOND } from '../../../domain/time.ts';
import type { SmtpServer } from './config.ts';
import type { SmtpError } from './errors.ts';
import type { Mail } from './mail.ts';

const CONNECTION_TIMEOUT_MS = 30 * SECOND;
const GREETING_TIMEOUT_MS = 30 * SECOND;
/** RFC 5321, 4.5.3.2.6: who gives up on the answer to the final dot sooner makes duplicates. */
const SOCKET_TIMEOUT_MS = 10 * MINUTE;
/** For a mail from the connection to its end. */
export const DEADLINE_MS = 12 * MINUTE;

/** Who is to get a mail, and the date it carries. */
export interface Handover {
  readonly date: Instant;
  readonly to: readonly string[];
}

/** Hands one mail over; resolves with a refusal for each recipient that was refused. Throws SmtpError. */
export type Transfer = (mail: Mail, handover: Handover) => Promise<readonly SmtpError[]>;

/**
 * @param sender the bare address of who sends
 * @param everyone the recipients named in the mail, also when only some of them still need it
 */
export function createTransfer(
  server: SmtpServer,
  sender: string,
  everyone: readonly string[],
  clock: Clock,
): Transfer {
  let transporter: Promise<Transporter> | null = null;

  async function connect(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    const { auth, ...place } = server;
    return createTransport({
      ...place,
      ...(auth === null ? {} : { auth }),
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      greetingTimeout: GREETING_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  return async (mail, { date, to }) => {
    transporter ??= connect();
    const deadline = new AbortController();
    const callOff = clock.after(DEADLINE_MS, () => deadline.abort());
    try {
      const info = await (await transporter).sendMail({
        ...mail,
        headers: { ...mail.headers },
        date: new Date(date),
        to: everyone.map((address) => ({ name: '', address })),
        envelope: { from: sender, to: [...to] },
        signal: deadline.signal,
      });
      return info.rejectedErrors ?? [];
    } catch (error) {
      // nodemailer resolves when some were refused and throws when all were.
      const { rejectedErrors = [] } = error as SmtpError;
      if (rejectedErrors.length === 0) throw error;
      return rejectedErrors;
    } finally {
      callOff();
    }
  };
}
