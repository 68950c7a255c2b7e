import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

export interface CommandOptions {
  /** Slack sends a command again when its acknowledgement was lost: the same trigger, a new envelope. */
  readonly copies?: number;
}

export interface CommandAnswer {
  /** Milliseconds until the first acknowledgement. */
  readonly ackMs: number;
  readonly acks: number;
  /** What was posted to the response_url so far, oldest first. */
  readonly bodies: readonly Record<string, unknown>[];
}

export interface Sockets {
  /** How many have been told hello since the start. */
  readonly greeted: number;
  readonly open: number;
  url(): string;
  connected(): Promise<void>;
  acknowledged(): Promise<void>;
  /** `refresh`: as Slack does before it closes one; `drop`: the line is cut. */
  disconnect(how: 'refresh' | 'drop'): void;
  /** Closes all in good order, and waits for it: a client whose line is cut while it closes holds a timer for 30 s. */
  end(): Promise<void>;
  /** Resolves with what came back: the acknowledgement and the first answer. */
  sendCommand(text: string, user: string, options?: CommandOptions): Promise<CommandAnswer>;
  /** A post to a response_url: the status of its answer. */
  respond(id: string, body: Record<string, unknown>): number;
}

/** A response_url works five times (https://docs.slack.dev/interactivity/handling-user-interaction). */
const RESPONSE_USES = 5;

/** The Socket Mode side: tickets, hello, envelopes and their acknowledgements. */
export function createSockets(server: Server, base: () => string): Sockets {
  const events = new EventEmitter().setMaxListeners(0);
  const sockets = new Set<WebSocket>();
  const tickets = new Set<string>();
  const answers = new Map<string, Record<string, unknown>[]>();
  /** Not acknowledged yet, by envelope: sent again over the next connection, as Slack does. */
  const pending = new Map<string, string>();
  let serial = 0;
  let greeted = 0;

  const wss = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', base());
    if (url.pathname !== '/link' || !tickets.delete(url.searchParams.get('ticket') ?? '')) return void socket.destroy();
    wss.handleUpgrade(request, socket, head, (ws) => {
      sockets.add(ws);
      ws.on('close', () => sockets.delete(ws));
      ws.on('message', (data) => {
        const { envelope_id } = JSON.parse(String(data));
        pending.delete(envelope_id);
        events.emit(`ack ${envelope_id}`);
        events.emit('ack');
      });
      greeted += 1;
      ws.send(JSON.stringify({ type: 'hello', num_connections: sockets.size, connection_info: { app_id: 'A0PYLON' } }));
      for (const envelope of pending.values()) ws.send(envelope);
      events.emit('greeted');
    });
  });

  async function connected(): Promise<void> {
    while (sockets.size === 0) await once(events, 'greeted');
  }

  return {
    get greeted() {
      return greeted;
    },
    get open() {
      return sockets.size;
    },
    url() {
      serial += 1;
      tickets.add(String(serial));
      return `${base().replace('http', 'ws')}/link?ticket=${serial}&app_id=A0PYLON`;
    },
    connected,
    acknowledged: () => once(events, 'ack').then(() => undefined),
    disconnect(how) {
      for (const ws of sockets) {
        if (how === 'drop') ws.terminate();
        else ws.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }), () => ws.close());
        sockets.delete(ws);
      }
    },
    async end() {
      const open = [...wss.clients].map((ws) => {
        const closed = once(ws, 'close');
        ws.close();
        return closed;
      });
      await Promise.all(open);
    },
    async sendCommand(text, user, { copies = 1 } = {}) {
      serial += 1;
      const id = String(serial);
      const bodies: Record<string, unknown>[] = [];
      answers.set(id, bodies);
      const answered = once(events, `respond ${id}`);
      const state = { ackMs: 0, acks: 0 };
      const acked: Promise<unknown>[] = [];
      const startedAt = performance.now();
      for (let copy = 0; copy < copies; copy += 1) {
        await connected();
        const envelope = `${id}-${copy}`;
        acked.push(
          once(events, `ack ${envelope}`).then(() => {
            state.acks += 1;
            if (state.acks === 1) state.ackMs = performance.now() - startedAt;
          }),
        );
        const message = JSON.stringify({
          type: 'slash_commands',
          envelope_id: envelope,
          accepts_response_payload: true,
          payload: commandPayload(text, user, id, base()),
        });
        pending.set(envelope, message);
        const [ws] = sockets;
        ws?.send(message);
      }
      await Promise.all([...acked, answered]);
      return { ...state, bodies };
    },
    respond(id, body) {
      const bodies = answers.get(id);
      if (!bodies || bodies.length >= RESPONSE_USES) return 404;
      bodies.push(body);
      events.emit(`respond ${id}`);
      return 200;
    },
  };
}

function commandPayload(text: string, user: string, id: string, base: string): object {
  return {
    command: '/pylon',
    text,
    user_id: user,
    user_name: user.toLowerCase(),
    team_id: 'T0PYLON',
    channel_id: 'C0GPU',
    channel_name: 'gpu',
    api_app_id: 'A0PYLON',
    trigger_id: `trigger-${id}`,
    response_url: `${base}/commands/${id}`,
  };
}
