import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { arrivals } from '../arrivals.ts';

export interface Mail {
  /** The envelope's recipients, each accepted by the server. */
  readonly to: readonly string[];
  readonly from: string;
  readonly raw: string;
  readonly parsed: ParsedMail;
}

/** What is done to a mail instead of accepting it. */
export type SmtpFault =
  /** Refused with this answer at this step; at RCPT only for `to`, or for all when it is left out. */
  | {
      readonly kind: 'refuse';
      readonly at: 'connect' | 'mail' | 'rcpt' | 'data';
      readonly code: number;
      readonly text?: string;
      readonly to?: string;
    }
  /** Accepted, but the connection is closed before the answer to the final dot. */
  | { readonly kind: 'drop-answer' }
  /** The connection is closed when the mail has come whole, before anything is done. */
  | { readonly kind: 'drop' }
  /** The final dot is never answered. */
  | { readonly kind: 'hang' };

export interface FakeSmtp {
  /** `smtp://127.0.0.1:PORT`, with the credentials in it where they are asked for. */
  readonly url: string;
  readonly port: number;
  mails(): readonly Mail[];
  /** How many connections were made. */
  connections(): number;
  /** The next mails meet these, one each. */
  failNext(...faults: SmtpFault[]): void;
  /** Every mail meets this until it is set to null. */
  failAll(fault: SmtpFault | null): void;
  waitFor(predicate: (mail: Mail) => boolean, deadlineMs?: number): Promise<Mail>;
  stop(): Promise<void>;
}

function answer(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

/** A mail server on the loopback. With `auth` it takes no mail without a login of that name and password. */
export async function startFakeSmtp(
  options: { auth?: { user: string; pass: string }; port?: number } = {},
): Promise<FakeSmtp> {
  const { auth } = options;
  const received = arrivals<Mail>('mails');
  const faults: SmtpFault[] = [];
  const sockets = new Set<Socket>();
  let standing: SmtpFault | null = null;
  let connections = 0;
  // One fault lasts for one connection: a mail is one connection here.
  let current: SmtpFault | null = null;

  function refusal(at: 'connect' | 'mail' | 'rcpt' | 'data', to?: string): Error | null {
    if (current?.kind !== 'refuse' || current.at !== at) return null;
    if (at === 'rcpt' && current.to !== undefined && current.to !== to) return null;
    return answer(current.code, current.text ?? 'refused');
  }

  const settings: SMTPServerOptions = {
    authOptional: auth === undefined,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onConnect(_session, done) {
      connections += 1;
      current = faults.shift() ?? standing;
      done(refusal('connect'));
    },
    onAuth(login, _session, done) {
      if (login.username === auth?.user && login.password === auth?.pass) return done(null, { user: login.username });
      return done(answer(535, `5.7.8 authentication failed for ${login.username}`));
    },
    onMailFrom: (_address, _session, done) => done(refusal('mail')),
    onRcptTo: (address, _session, done) => done(refusal('rcpt', address.address)),
    onData(stream, session, done) {
      const fault = current;
      buffer(stream)
        .then(async (raw) => {
          if (fault?.kind === 'drop') return dropAll();
          const refused = refusal('data');
          if (refused) return done(refused);
          const { mailFrom, rcptTo } = session.envelope;
          received.add({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map((one) => one.address),
            raw: raw.toString('utf8'),
            parsed: await simpleParser(raw),
          });
          if (fault?.kind === 'hang') return;
          if (fault?.kind === 'drop-answer') return dropAll();
          return done(null);
        })
        .catch(done);
    },
  };

  function dropAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  const server = new SMTPServer(settings);
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  const login = auth ? `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.pass)}@` : '';
  return {
    url: `smtp://${login}127.0.0.1:${port}`,
    port,
    mails: received.all,
    connections: () => connections,
    failNext: (...next) => void faults.push(...next),
    failAll(fault) {
      standing = fault;
    },
    waitFor: received.waitFor,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropAll();
      }),
  };
}
