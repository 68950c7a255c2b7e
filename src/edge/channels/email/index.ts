import { DeliveryError, type Receipt } from '../../../domain/delivery.ts';
import type { Channel, Clock, Logger } from '../../../domain/ports.ts';
import { reasonOf } from '../text.ts';
import { isMailAddress, parseSmtpUrl } from './config.ts';
import { deliveryErrorOf, isPermanent, type SmtpError } from './errors.ts';
import { composeMail, type Mail, senderOf } from './mail.ts';
import { createTransfer, type Handover } from './transport.ts';

/** Of mails that were not delivered whole; beyond that the oldest is forgotten, and repeated to all. */
const MOST_UNFINISHED = 1_000;

export interface EmailOptions {
  /** `smtp://user:password@host:port` or `smtps://`; a secret. */
  readonly smtpUrl: string;
  /** `name@host` or `Name <name@host>`. */
  readonly from: string;
  readonly to: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** The HTML page that every mail stands in, see html.ts. */
  readonly frame: string;
}

/** Mail to a list of people; an answer is threaded under the mail it answers. A sent mail cannot be edited. */
export function createEmail({ smtpUrl, from, to, clock, logger, frame }: EmailOptions): Channel {
  const server = parseSmtpUrl(smtpUrl);
  const recipients = to.filter(isMailAddress);
  if (recipients.length < to.length) logger.error({ channel: 'email' }, 'not a mail address, left out');
  const sender = senderOf(from);
  if (server === null) return brokenEmail(NO_SERVER, logger);
  if (sender === null) return brokenEmail('channels.email.from is no mail address', logger);
  if (recipients.length === 0) return brokenEmail('no recipient is a mail address', logger);

  const transfer = createTransfer(server, sender, recipients, clock);
  const settings = { from, domain: sender.slice(sender.indexOf('@') + 1), frame };
  const secrets = [smtpUrl, server.auth?.pass ?? ''];
  // By key: the first attempt's date, so that a repeated mail is the same, and who has not got it yet.
  const unfinished = new Map<string, Handover>();

  async function deliver(mail: Mail, key: string): Promise<Receipt> {
    const handover = unfinished.get(key) ?? { date: clock.now(), to: recipients };
    unfinished.set(key, handover);
    try {
      const refusals = await transfer(mail, handover);
      const deferred = refusals.filter((refusal) => !isPermanent(refusal));
      logRefusals(refusals.filter(isPermanent));
      if (deferred.length > 0) {
        unfinished.set(key, { ...handover, to: deferred.map((refusal) => String(refusal.recipient)) });
      }
      const failure = deferred[0] ?? (refusals.length === handover.to.length ? refusals[0] : undefined);
      if (failure !== undefined) throw failure;
      unfinished.delete(key);
      return { messageId: mail.messageId, subject: mail.subject };
    } catch (error) {
      const failure = deliveryErrorOf(error as SmtpError, secrets);
      if (failure.permanent) unfinished.delete(key);
      forgetOldest();
      throw failure;
    }
  }

  function logRefusals(refusals: readonly SmtpError[]): void {
    for (const refusal of refusals) {
      logger.warn({ recipient: refusal.recipient, reason: reasonOf(refusal, secrets) }, 'recipient refused');
    }
  }

  function forgetOldest(): void {
    const [oldest] = unfinished.keys();
    if (unfinished.size > MOST_UNFINISHED && oldest !== undefined) unfinished.delete(oldest);
  }

  return {
    kind: 'email',
    send: (message, key) => deliver(composeMail(message, key, settings, null), key),
    async reply(receipt, message, key) {
      await deliver(composeMail(message, key, settings, receipt), key);
    },
  };
}

const NO_SERVER = 'SMTP_URL is no mail server: it should look like smtps://user:password@mail.example.org';

/** A channel that says at every send what has to be set right. */
function brokenEmail(problem: string, logger: Logger): Channel {
  logger.error({ channel: 'email' }, problem);
  return { kind: 'email', send: () => Promise.reject(new DeliveryError(problem, { permanent: true })) };
}
