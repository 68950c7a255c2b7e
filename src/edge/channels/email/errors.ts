import { DeliveryError } from '../../../domain/delivery.ts';
import { MINUTE } from '../../../domain/time.ts';
import { reasonOf } from '../text.ts';

/** RFC 5321, 4.5.4.1: at least 30 minutes between attempts; greylisting and a busy server pass sooner. */
const RETRY_MS = 30 * MINUTE;
const GREYLISTED_MS = 5 * MINUTE;

/** What nodemailer adds to its errors. */
export interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly recipient?: unknown;
  /** Set when some recipients were refused: one for each. */
  readonly rejectedErrors?: readonly SmtpError[];
}

/** What a failed mail means. `secrets` are kept out of the reason. */
export function deliveryErrorOf(error: SmtpError, secrets: readonly string[]): DeliveryError {
  const answer = typeof error.responseCode === 'number' ? error.responseCode : null;
  const reason = reasonOf(error, secrets);
  if (answer !== null && answer >= 400 && answer < 500) {
    const retryAfterMs = answer === 421 || answer === 451 ? GREYLISTED_MS : RETRY_MS;
    return new DeliveryError(`the mail server asks to try later: ${reason}`, { permanent: false, retryAfterMs });
  }
  if (error.code === 'EAUTH') {
    const fix = 'check the user and the password in SMTP_URL';
    return new DeliveryError(`the mail server refuses the login: ${fix} (${reason})`, { permanent: true });
  }
  if (error.code === 'ETLS' && answer !== null) {
    const fix = 'it offers no STARTTLS, use an smtps:// address in SMTP_URL';
    return new DeliveryError(`the mail server takes no secure connection: ${fix} (${reason})`, { permanent: true });
  }
  if (isPermanent(error)) return new DeliveryError(`the mail server refuses the mail: ${reason}`, { permanent: true });
  return new DeliveryError(`the mail server could not be reached, or gave no answer: ${reason}`, { permanent: false });
}

/**
 * Whether the same mail would be refused again: any 5xx answer but 503, which is about the order of
 * commands in one session. Without an answer it is nodemailer that refuses the envelope or the message.
 */
export function isPermanent({ code, responseCode }: SmtpError): boolean {
  if (typeof responseCode === 'number') return responseCode >= 500 && responseCode !== 503;
  return code === 'EENVELOPE' || code === 'EMESSAGE';
}
