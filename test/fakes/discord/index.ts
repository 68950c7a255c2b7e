import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { arrivals } from '../arrivals.ts';
import { faultsOf, type MessageBody } from './rules.ts';

export type { MessageBody } from './rules.ts';

export interface DiscordMessage {
  readonly id: string;
  readonly webhook: string;
  /** As it stands now. */
  body: MessageBody;
  /** Every body it has had, the first one included. */
  readonly versions: MessageBody[];
  deleted: boolean;
}

/** What is done to a request instead of answering it as Discord does. */
export type DiscordFault =
  | { readonly kind: 'rate-limit'; readonly retryAfterS: number; readonly global?: boolean }
  | { readonly kind: 'status'; readonly status: number; readonly code?: number; readonly message?: string }
  /** The connection is closed before anything is done. */
  | { readonly kind: 'drop' }
  /** Done, but the connection is closed before the answer. */
  | { readonly kind: 'drop-answer' }
  /** Done and answered after a while. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Never answered. */
  | { readonly kind: 'hang' };

export interface FakeDiscord {
  /** `http://127.0.0.1:PORT/api`, as `DISCORD_API_URL` takes it. */
  readonly apiUrl: string;
  readonly webhookUrl: string;
  readonly token: string;
  messages(): readonly DiscordMessage[];
  /** `POST` or `PATCH`, a space and the path, in order of arrival; refused ones too. */
  requests(): readonly string[];
  /** Bodies that Discord would have refused, and why. */
  violations(): readonly string[];
  /** The next requests meet these, one each. */
  failNext(...faults: DiscordFault[]): void;
  /** Every request meets this until it is set to null. */
  failAll(fault: DiscordFault | null): void;
  /** As when an admin deletes the webhook. */
  removeWebhook(): void;
  removeMessage(id: string): void;
  waitFor(predicate: (message: DiscordMessage) => boolean, deadlineMs?: number): Promise<DiscordMessage>;
  stop(): Promise<void>;
}

const ROUTE = /^\/api(?:\/v\d+)?\/webhooks\/(\d+)\/([\w-]+)(?:\/messages\/(\d+))?$/;

interface Answer {
  readonly status: number;
  readonly body: object | null;
  readonly headers?: Readonly<Record<string, string>>;
}

function refusal(status: number, code: number, message: string): Answer {
  return { status, body: { message, code } };
}

function refusalFor(fault: DiscordFault | null): Answer | null {
  if (fault?.kind === 'status') return refusal(fault.status, fault.code ?? 0, fault.message ?? 'refused');
  if (fault?.kind !== 'rate-limit') return null;
  return {
    status: 429,
    body: { message: 'You are being rate limited.', retry_after: fault.retryAfterS, global: fault.global ?? false },
    headers: {
      'retry-after': String(fault.retryAfterS),
      ...(fault.global ? { 'x-ratelimit-global': 'true' } : { 'x-ratelimit-scope': 'shared' }),
    },
  };
}

/** A local stand-in for Discord's webhook API; as strict about messages as Discord is. */
export async function startFakeDiscord(): Promise<FakeDiscord> {
  const webhook = { id: '100000000000000001', token: `canary-token-${'x'.repeat(55)}`, exists: true };
  const posted = arrivals<DiscordMessage>('Discord messages');
  const requests: string[] = [];
  const violations: string[] = [];
  const faults: DiscordFault[] = [];
  let standing: DiscordFault | null = null;
  let lastId = 200_000_000_000_000_000n;

  function post(body: MessageBody): DiscordMessage {
    lastId += 1n;
    const message = { id: String(lastId), webhook: webhook.id, body, versions: [body], deleted: false };
    posted.add(message);
    return message;
  }
  function edit(message: DiscordMessage, body: MessageBody): DiscordMessage {
    message.body = { ...message.body, ...body };
    message.versions.push(message.body);
    posted.changed();
    return message;
  }

  function act(method: string, path: string, raw: string): Answer {
    const route = ROUTE.exec(path);
    if (!route) return refusal(404, 0, '404: Not Found');
    const [, id, token, messageId] = route;
    if (id !== webhook.id || !webhook.exists) return refusal(404, 10015, 'Unknown Webhook');
    if (token !== webhook.token) return refusal(401, 50027, 'Invalid Webhook Token');
    const message = posted.all().find((one) => one.id === messageId && !one.deleted);
    if (messageId !== undefined && !message) return refusal(404, 10008, 'Unknown Message');
    if (method === 'GET' && message) return { status: 200, body: view(message) };
    if (method === 'DELETE' && message) {
      message.deleted = true;
      return { status: 204, body: null };
    }
    const body = JSON.parse(raw) as MessageBody;
    const wrong = faultsOf(body);
    if (wrong.length > 0) {
      violations.push(...wrong);
      return refusal(400, 50035, 'Invalid Form Body');
    }
    return { status: 200, body: view(message ? edit(message, body) : post(body)) };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(request);
    const method = request.method ?? '';
    const { pathname } = new URL(request.url ?? '', 'http://fake');
    requests.push(`${method} ${pathname}`);
    const fault = faults.shift() ?? standing;
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'drop') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'delay') await setTimeout(fault.ms);
    const answer = refusalFor(fault) ?? act(method, pathname, raw);
    if (fault?.kind === 'drop-answer') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === null ? undefined : JSON.stringify(answer.body));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  return {
    apiUrl,
    webhookUrl: `${apiUrl}/webhooks/${webhook.id}/${webhook.token}`,
    token: webhook.token,
    messages: posted.all,
    requests: () => requests,
    violations: () => violations,
    failNext: (...next) => void faults.push(...next),
    failAll(fault) {
      standing = fault;
    },
    removeWebhook() {
      webhook.exists = false;
    },
    removeMessage(id) {
      for (const message of posted.all()) if (message.id === id) message.deleted = true;
    },
    waitFor: posted.waitFor,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function view(message: DiscordMessage): object {
  return {
    id: message.id,
    type: 0,
    channel_id: '300000000000000001',
    webhook_id: message.webhook,
    content: message.body.content ?? '',
    embeds: message.body.embeds ?? [],
    timestamp: '2026-01-01T00:00:00+00:00',
  };
}
