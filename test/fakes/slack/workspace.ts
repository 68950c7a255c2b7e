import { refusal } from './blocks.ts';

export interface FakeMessage {
  /** Id, as every answer of Slack has it; null for what came over the webhook. */
  readonly channel: string | null;
  readonly ts: string;
  /** When it was taken, by the wall clock. */
  readonly at: number;
  readonly threadTs: string | null;
  readonly broadcast: boolean;
  readonly metadata: { event_type: string; event_payload: Record<string, unknown> } | null;
  text: string;
  blocks: readonly unknown[];
  attachments: readonly unknown[];
  /** Whatever else was asked for: unfurl_links, link_names, mrkdwn, parse ... */
  options: Record<string, unknown>;
  /** What it said before each edit. */
  readonly edits: { readonly at: number; readonly text: string }[];
}

export interface FakeChannel {
  readonly id: string;
  readonly name: string;
  readonly state: 'joined' | 'not-joined' | 'archived';
}

export type Answer = { ok: true; [key: string]: unknown } | { ok: false; error: string; [key: string]: unknown };
type Params = Record<string, unknown>;

export interface Workspace {
  readonly messages: FakeMessage[];
  readonly channels: FakeChannel[];
  /** Scopes of the bot token. */
  readonly scopes: Set<string>;
  call(method: string, params: Params): Answer;
  /** An incoming webhook's post: the body of the answer, `ok` where it was taken. */
  webhook(body: Params): string;
}

/** What Slack keeps, and its methods on it. */
export function createWorkspace(): Workspace {
  const messages: FakeMessage[] = [];
  const channels: FakeChannel[] = [
    { id: 'C0GPU', name: 'gpu', state: 'joined' },
    { id: 'C0LAB', name: 'lab', state: 'joined' },
    { id: 'C0FOREIGN', name: 'foreign', state: 'not-joined' },
    { id: 'C0OLD', name: 'old', state: 'archived' },
  ];
  const scopes = new Set(['chat:write', 'commands', 'channels:history', 'groups:history']);
  let last = 0;

  function nextTs(): string {
    last = Math.max(last + 1, Date.now() * 1_000);
    return `${Math.floor(last / 1e6)}.${String(last % 1e6).padStart(6, '0')}`;
  }

  function add(params: Params, channel: string | null): FakeMessage {
    const { text, blocks, attachments, metadata, thread_ts, reply_broadcast, channel: _, ...options } = params;
    const message: FakeMessage = {
      channel,
      ts: nextTs(),
      at: Date.now(),
      threadTs: (thread_ts as string) ?? null,
      broadcast: reply_broadcast === true,
      metadata: (metadata as FakeMessage['metadata']) ?? null,
      text: (text as string) ?? '',
      blocks: (blocks as unknown[]) ?? [],
      attachments: (attachments as unknown[]) ?? [],
      options,
      edits: [],
    };
    messages.push(message);
    return message;
  }

  function writable(params: Params, byId: boolean): FakeChannel | Answer {
    const wanted = String(params.channel ?? '');
    const channel = channels.find(({ id, name }) => id === wanted || (!byId && name === wanted.replace(/^#/, '')));
    if (!channel) return fault('channel_not_found');
    if (channel.state === 'not-joined') return fault('not_in_channel');
    return channel.state === 'archived' ? fault('is_archived') : channel;
  }

  function refused(params: Params): Answer | null {
    const metadata = params.metadata as { event_type?: unknown; event_payload?: unknown } | undefined;
    if (metadata && (typeof metadata.event_type !== 'string' || typeof metadata.event_payload !== 'object')) {
      return fault('invalid_metadata_format');
    }
    // The limit is not documented; this one is on the safe side.
    if (metadata && JSON.stringify(metadata).length > 8_000) return fault('metadata_too_large');
    const reason = refusal(params);
    return reason && fault(reason.error, { response_metadata: { messages: reason.details } });
  }

  function post(params: Params): Answer {
    const channel = writable(params, false);
    if ('ok' in channel) return channel;
    const threadTs = params.thread_ts as string | undefined;
    if (threadTs && !messages.some(({ ts }) => ts === threadTs)) return fault('thread_not_found');
    const reason = refused(params);
    if (reason) return reason;
    const message = add(params, channel.id);
    return { ok: true, channel: channel.id, ts: message.ts, message: { text: message.text, ts: message.ts } };
  }

  function update(params: Params): Answer {
    const channel = writable(params, true);
    if ('ok' in channel) return channel;
    const message = messages.find(({ ts, channel: at }) => ts === params.ts && at === channel.id);
    if (!message) return fault('message_not_found');
    const reason = refused(params);
    if (reason) return reason;
    message.edits.push({ at: Date.now(), text: message.text });
    message.text = (params.text as string) ?? '';
    // As Slack does: text without blocks deletes the blocks, and so with attachments.
    message.blocks = (params.blocks as unknown[]) ?? [];
    message.attachments = (params.attachments as unknown[]) ?? [];
    return { ok: true, channel: channel.id, ts: message.ts, text: message.text };
  }

  function history(params: Params, threadTs: string | null): Answer {
    const channel = channels.find(({ id }) => id === params.channel);
    if (!channel) return fault('channel_not_found');
    if (!scopes.has('channels:history')) return fault('missing_scope', { needed: 'channels:history' });
    const found = messages
      .filter((message) => message.channel === channel.id)
      .filter((message) =>
        threadTs === null ? message.threadTs === null || message.broadcast : isIn(threadTs, message),
      )
      .toReversed()
      .slice(0, Number(params.limit ?? 100))
      .map(({ ts, text, metadata }) =>
        params.include_all_metadata && metadata ? { ts, text, metadata } : { ts, text },
      );
    return { ok: true, messages: found, has_more: false };
  }

  return {
    messages,
    channels,
    scopes,
    call(method, params) {
      switch (method) {
        case 'auth.test':
          return { ok: true, team_id: 'T0PYLON', user_id: 'U0BOT', bot_id: 'B0BOT', user: 'pylon', team: 'Lab' };
        case 'chat.postMessage':
          return post(params);
        case 'chat.update':
          return update(params);
        case 'conversations.history':
          return history(params, null);
        case 'conversations.replies':
          return history(params, String(params.ts));
        default:
          return fault('unknown_method');
      }
    },
    webhook(body) {
      const reason = refusal(body);
      if (reason) return reason.error;
      add(body, null);
      return 'ok';
    },
  };
}

function isIn(threadTs: string, message: FakeMessage): boolean {
  return message.ts === threadTs || message.threadTs === threadTs;
}

function fault(error: string, more: Params = {}): Answer {
  return { ok: false, error, ...more };
}
