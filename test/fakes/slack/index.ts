import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refusal } from './blocks.ts';
import { type CommandAnswer, type CommandOptions, createSockets } from './sockets.ts';
import { createWorkspace, type FakeChannel, type FakeMessage } from './workspace.ts';

export { allText, links, pings } from './reading.ts';
export type { CommandAnswer, FakeMessage };

/** What goes wrong with a call, in place of the answer (`dropped`: in place of the answer to a call that was carried out). */
export type Fault =
  | { readonly error: string }
  | { readonly status: number; readonly body?: string }
  /** 429; seconds, or null for no Retry-After. */
  | { readonly retryAfter: number | null }
  | { readonly dropped: 'before' | 'after' }
  /** Never answered. */
  | { readonly hang: true }
  | { readonly delayMs: number };

export interface FakeRequest {
  readonly method: string;
  /** By the wall clock. */
  readonly at: number;
  readonly params: Record<string, unknown>;
}

export interface FakeSlack {
  /** For SLACK_API_URL. */
  readonly apiUrl: string;
  readonly webhookUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  /** Every call that came, refused ones too. The webhook is method `webhook`, a response_url `respond`. */
  readonly requests: readonly FakeRequest[];
  readonly channels: FakeChannel[];
  readonly scopes: Set<string>;
  readonly socketsGreeted: number;
  messages(): readonly FakeMessage[];
  /** Resolves with the messages once the predicate holds; rejects after the deadline, telling what there was. */
  waitFor(
    predicate: (messages: readonly FakeMessage[]) => boolean,
    deadlineMs?: number,
  ): Promise<readonly FakeMessage[]>;
  /** The next `times` calls of the method go wrong so. */
  fail(method: string, fault: Fault, times?: number): void;
  /** Ends all faults. */
  heal(): void;
  /** Makes the tokens invalid, or valid again. */
  revoke(token: 'bot' | 'app', error?: string | null): void;
  socketConnected(): Promise<void>;
  /** Resolves with the next acknowledgement of a command. */
  commandAcknowledged(): Promise<void>;
  /** Resolves once the method has been called so many times. */
  called(method: string, times: number): Promise<void>;
  disconnectSockets(how: 'refresh' | 'drop'): void;
  sendCommand(text: string, user?: string, options?: CommandOptions): Promise<CommandAnswer>;
  remove(ts: string): void;
  stop(): Promise<void>;
}

/**
 * A Slack workspace on a local port: the Web API's methods that a notifier needs, Socket Mode, an
 * incoming webhook. Strict where Slack is. It lives until `stop`, so that a bot can come and go.
 */
export async function startFakeSlack(): Promise<FakeSlack> {
  const workspace = createWorkspace();
  const requests: FakeRequest[] = [];
  const faults = new Map<string, Fault[]>();
  const revoked = { bot: null as string | null, app: null as string | null };
  const changed = new EventEmitter().setMaxListeners(0);
  const tokens = { bot: 'xoxb-fake-bot-token', app: 'xapp-fake-app-token' };
  const hook = '/services/T0PYLON/B0HOOK/secretsecret';

  const server = createServer((request, response) => {
    readBody(request).then(
      (body) => answer(request, response, body),
      () => request.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sockets = createSockets(server, () => base);

  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const path = request.url ?? '/';
    const method = path.startsWith('/api/') ? path.slice(5) : path.startsWith('/commands/') ? 'respond' : 'webhook';
    const params = parse(request, body);
    requests.push({ method, at: Date.now(), params: params ?? {} });
    const fault = faults.get(method)?.shift();
    if (fault && 'delayMs' in fault) return void setTimeout(() => carryOut(), fault.delayMs);
    if (fault && !('dropped' in fault && fault.dropped === 'after')) spoil(request, response, fault);
    else carryOut();
    changed.emit('change');

    function carryOut(): void {
      const [status, type, text] = reply(method, path, request, params);
      changed.emit('change');
      if (fault && 'dropped' in fault) return void request.socket.destroy();
      response.writeHead(status, { 'content-type': type }).end(text);
    }
  }

  function reply(
    method: string,
    path: string,
    request: IncomingMessage,
    params: Record<string, unknown> | null,
  ): [number, string, string] {
    if (request.method !== 'POST') return [405, 'text/plain', 'method_not_allowed'];
    if (method === 'webhook') return webhook(path, params);
    if (method === 'respond') return respond(path, params);
    return [200, 'application/json; charset=utf-8', JSON.stringify(api(method, request, params))];
  }

  function api(method: string, request: IncomingMessage, params: Record<string, unknown> | null): object {
    const kind = method === 'apps.connections.open' ? 'app' : 'bot';
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? params?.token;
    if (token === undefined) return { ok: false, error: 'not_authed' };
    if (revoked[kind] !== null) return { ok: false, error: revoked[kind] };
    if (token !== tokens[kind]) return { ok: false, error: 'invalid_auth' };
    if (params === null) return { ok: false, error: 'invalid_form_data' };
    if (kind === 'app') return { ok: true, url: sockets.url() };
    return workspace.call(method, params);
  }

  function webhook(path: string, params: Record<string, unknown> | null): [number, string, string] {
    if (path !== hook) return [404, 'text/plain', 'no_service'];
    if (params === null) return [400, 'text/plain', 'invalid_payload'];
    const word = workspace.webhook(params);
    return [word === 'ok' ? 200 : 400, 'text/plain', word];
  }

  function respond(path: string, params: Record<string, unknown> | null): [number, string, string] {
    const reason = params === null ? { error: 'invalid_payload' } : refusal(params);
    if (reason) return [500, 'application/json', JSON.stringify({ ok: false, error: reason.error })];
    return [sockets.respond(path.slice('/commands/'.length), params ?? {}), 'text/plain', 'ok'];
  }

  return {
    apiUrl: `${base}/api/`,
    webhookUrl: `${base}${hook}`,
    botToken: tokens.bot,
    appToken: tokens.app,
    requests,
    channels: workspace.channels,
    scopes: workspace.scopes,
    get socketsGreeted() {
      return sockets.greeted;
    },
    messages: () => workspace.messages,
    async waitFor(predicate, deadlineMs = 10_000) {
      const deadline = AbortSignal.timeout(deadlineMs);
      while (!predicate(workspace.messages)) {
        await once(changed, 'change', { signal: deadline }).catch(() => {
          const seen = workspace.messages.map(({ text }) => text);
          throw new Error(`not in ${deadlineMs} ms; messages were ${JSON.stringify(seen, null, 1)}`);
        });
      }
      return workspace.messages;
    },
    fail(method, fault, times = 1) {
      faults.set(method, [...(faults.get(method) ?? []), ...Array<Fault>(times).fill(fault)]);
    },
    heal: () => faults.clear(),
    revoke(token, error = 'token_revoked') {
      revoked[token] = error;
    },
    socketConnected: sockets.connected,
    commandAcknowledged: sockets.acknowledged,
    async called(method, times) {
      while (requests.filter((request) => request.method === method).length < times) await once(changed, 'change');
    },
    disconnectSockets: sockets.disconnect,
    sendCommand: (text, user = 'U01', options = {}) => sockets.sendCommand(text, user, options),
    remove(ts) {
      workspace.messages.splice(
        workspace.messages.findIndex((message) => message.ts === ts),
        1,
      );
    },
    async stop() {
      await sockets.end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spoil(request: IncomingMessage, response: ServerResponse, fault: Fault): void {
  if ('hang' in fault) return;
  if ('dropped' in fault) return void request.socket.destroy();
  if ('status' in fault) return void response.writeHead(fault.status).end(fault.body ?? 'Server Error');
  if ('retryAfter' in fault) {
    const header = fault.retryAfter === null ? {} : { 'retry-after': String(fault.retryAfter) };
    return void response.writeHead(429, header).end(JSON.stringify({ ok: false, error: 'ratelimited' }));
  }
  if ('error' in fault)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: false, ...fault }));
}

/** null where Slack could not read it. The Web API takes forms with JSON inside, or JSON. */
function parse(request: IncomingMessage, body: string): Record<string, unknown> | null {
  const type = request.headers['content-type'] ?? '';
  try {
    if (type.startsWith('application/json')) return JSON.parse(body) as Record<string, unknown>;
    if (!type.startsWith('application/x-www-form-urlencoded')) return null;
    return Object.fromEntries([...new URLSearchParams(body)].map(([key, value]) => [key, formValue(key, value)]));
  } catch {
    return null;
  }
}

const FLAGS = new Set([
  'include_all_metadata',
  'link_names',
  'mrkdwn',
  'reply_broadcast',
  'unfurl_links',
  'unfurl_media',
]);

function formValue(key: string, value: string): unknown {
  if (['blocks', 'attachments', 'metadata'].includes(key)) return JSON.parse(value);
  return FLAGS.has(key) ? value === 'true' : value;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
