import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the running bot answered: a template's name and its data. */
export interface ControlAnswer {
  readonly template: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly failed?: boolean;
}

export interface ControlServer {
  close(): Promise<void>;
}

/** Longest path that a socket address holds on every system we run on (104 bytes on macOS, 108 on Linux). */
const LONGEST_SOCKET_PATH = 100;

const ANSWER_DEADLINE_MS = 60_000;

/** Where a bot with this data folder listens: inside it, or in a private folder where its path is too long. */
export async function controlSocketPath(folder: string): Promise<string> {
  const path = join(folder, 'pylon.sock');
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  return join(await mkdtemp(join(tmpdir(), 'pylon-')), 'pylon.sock');
}

/** Listens for the command line, for the owner only. To be called by the holder of the lock. */
export async function startControl(
  path: string,
  ask: (text: string) => Promise<ControlAnswer>,
): Promise<ControlServer> {
  await rm(path, { force: true });
  const { default: fastify } = await import('fastify');
  const server = fastify({ bodyLimit: 64 * 1024 });
  const schema = {
    body: { type: 'object', required: ['text'], properties: { text: { type: 'string', maxLength: 4096 } } },
  };
  server.post<{ Body: { text: string } }>('/ask', { schema }, ({ body }) => ask(body.text));
  await server.listen({ path });
  await chmod(path, 0o600);
  return {
    async close() {
      await server.close();
      await rm(path, { force: true });
    },
  };
}

/** Asks the running bot. Rejects when it does not answer. */
export function askControl(path: string, text: string): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ text });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = request({ socketPath: path, path: '/ask', method: 'POST', headers, timeout: ANSWER_DEADLINE_MS });
    call.on('timeout', () => call.destroy(new Error('the bot does not answer')));
    call.on('error', reject);
    call.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(JSON.parse(answer) as ControlAnswer);
        else reject(new Error(`the bot answered ${response.statusCode}: ${answer.slice(0, 200)}`));
      });
    });
    call.end(body);
  });
}
