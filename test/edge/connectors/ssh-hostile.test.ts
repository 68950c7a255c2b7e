import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import type { Connector } from '../../../src/domain/ports.ts';
import { createSshConnector } from '../../../src/edge/connectors/ssh.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock, settle } from '../../support/manual-clock.ts';
import { useTempFolder } from '../../support/temp.ts';
import { sshOptions, USUAL } from './ssh-options.ts';

describe('ssh with servers that misbehave', () => {
  const home = useTempFolder();
  const sockets = new Set<Socket>();
  let servers: { close(): void }[] = [];
  let connector: Connector | null = null;
  afterEach(async () => {
    await connector?.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    servers = [];
  });

  /** A server of bare TCP; returns its port. */
  async function tcp(onSocket: (socket: Socket) => void): Promise<number> {
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.resume();
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      onSocket(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** A server that takes every login, and is known; returns its port. */
  async function anyLogin(onReady: (connection: Connection) => void): Promise<number> {
    const hostKey = ssh2.utils.generateKeyPairSync('ed25519');
    const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => {
      connection.on('authentication', (context) => context.accept());
      connection.on('error', () => {});
      connection.on('ready', () => onReady(connection));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await mkdir(join(home.path, '.ssh'));
    await writeFile(join(home.path, '.ssh/known_hosts'), `[127.0.0.1]:${port} ${hostKey.public}\n`);
    const { private: key } = ssh2.utils.generateKeyPairSync('ed25519');
    await writeFile(join(home.path, '.ssh/id_ed25519'), key);
    return port;
  }

  function connect(port: number, clock = manualClock()) {
    const made = createSshConnector(sshOptions({ ssh: `me@127.0.0.1:${port}`, home: home.path }, { clock }));
    connector = made;
    return { connector: made, clock };
  }

  it('gives up a server that never says anything, and closes the socket', async () => {
    const port = await tcp(() => {});
    const { connector, clock } = connect(port);
    const waiting = assert.rejects(connector.run('true', {}, { ...USUAL, timeoutMs: 60_000 }), {
      kind: 'timeout',
      message: `me@127.0.0.1:${port} did not answer within 15 s`,
    });
    await eventually('a connection', () => sockets.size === 1);
    clock.advance(15_000);
    await waiting;
    await eventually('no connection', () => sockets.size === 0);
    assert.equal(clock.waiting(), 0);
  });

  it('answers a caller in its own time while the host does not answer', async () => {
    const port = await tcp(() => {});
    const { connector, clock } = connect(port);
    const waiting = assert.rejects(connector.run('true', {}, { ...USUAL, timeoutMs: 2_000 }), { kind: 'timeout' });
    await settle();
    clock.advance(2_000);
    await waiting;
  });

  const greetings: [string, (socket: Socket) => void, RegExp][] = [
    ['closes at once', (socket) => socket.end(), /closed the connection before it said anything/],
    ['resets', (socket) => socket.resetAndDestroy(), /closed the connection/],
    ['is no SSH server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /closed the connection before/],
    ['sends escape sequences', (socket) => socket.end('SSH-2.0-\x1b[2Jx\x07\r\n\x00\x00\x00\x01\x1b[31m'), /^/],
    [
      'sends garbage',
      (socket) => socket.end(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(70_000, 255)])),
      /^/,
    ],
  ];
  for (const [what, onSocket, message] of greetings) {
    it(`gives a reason when a server ${what}`, async () => {
      const { connector } = connect(await tcp(onSocket));
      await assert.rejects(connector.run('true', {}, USUAL), (error: Error & { kind?: string }) => {
        assert.ok(error.kind === 'unreachable' || error.kind === 'failed', error.kind);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /[\x00-\x1f\x7f]/);
        return true;
      });
      await eventually('no connection', () => sockets.size === 0);
    });
  }

  it('survives a greeting without end', async () => {
    const { connector, clock } = connect(
      await tcp((socket) => {
        const more = () => {
          while (socket.writable && socket.write('x'.repeat(65_536)));
        };
        socket.on('drain', more);
        more();
      }),
    );
    const waiting = assert.rejects(connector.run('true', {}, { ...USUAL, timeoutMs: 60_000 }));
    await eventually('it has sent much or was cut off', () => {
      const [socket] = sockets;
      return socket === undefined || socket.bytesWritten > 1_000_000;
    });
    clock.advance(15_000);
    await waiting;
    await eventually('no connection', () => sockets.size === 0);
  });

  it('gives up a server that takes the login and then no program', async () => {
    const seen: string[] = [];
    const port = await anyLogin((connection) => {
      connection.on('close', () => seen.push('closed'));
      connection.on('session', () => seen.push('asked'));
    });
    const { connector, clock } = connect(port);
    const waiting = assert.rejects(connector.run('true', {}, { ...USUAL, timeoutMs: 60_000 }), {
      kind: 'timeout',
      message: /took the login but did not start a program within 15 s/,
    });
    await eventually('it is asked', () => seen.length === 1);
    clock.advance(15_000);
    await waiting;
    await eventually('it is closed', () => seen.length === 2);
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'paused', message: /took the login but/ });
  });

  it('says why a server starts no programs', async () => {
    const port = await anyLogin((connection) => {
      connection.on('session', (accept) => accept().on('exec', (_accept, reject) => reject()));
    });
    await assert.rejects(connect(port).connector.run('true', {}, USUAL), {
      kind: 'failed',
      message: /did not start a program: Unable to exec/,
    });
  });

  it('gives up a program whose end is never told, and the connection with it', async () => {
    const channels: ServerChannel[] = [];
    const port = await anyLogin((connection) => {
      connection.on('session', (accept) => accept().on('exec', (acceptExec) => channels.push(acceptExec())));
    });
    const { connector, clock } = connect(port);
    const running = assert.rejects(connector.run('true', {}, USUAL), { kind: 'timeout' });
    await eventually('it runs', () => channels.length === 1 && clock.waiting() === 1);
    clock.advance(15_000);
    await running;
    clock.advance(5_000);
    await settle();
    assert.equal(clock.waiting(), 0);
  });

  it('asks a host whose login shell hangs less and less often, whatever still runs there', async () => {
    const channels: ServerChannel[] = [];
    const port = await anyLogin((connection) => {
      connection.on('session', (accept) => accept().on('exec', (acceptExec) => channels.push(acceptExec())));
    });
    const { connector, clock } = connect(port);
    const stream = await connector.stream('true', {}, () => {});
    for (const waitS of [60, 120]) {
      const before = channels.length;
      const silent = connector.run('true', {}, USUAL);
      await eventually('it runs', () => channels.length > before && clock.waiting() === 1);
      clock.advance(USUAL.timeoutMs);
      const message = `me@127.0.0.1:${port} took the login, but its shell printed nothing within 15 s`;
      await assert.rejects(silent, { kind: 'timeout', message });
      clock.advance(waitS * 1_000 - 1);
      await assert.rejects(connector.run('true', {}, USUAL), {
        kind: 'paused',
        message: /printed nothing within 15 s \(/,
      });
      assert.equal(channels.length, before + 1);
      clock.advance(1);
    }
    channels[0]?.write('hello');
    await eventually('the stream is heard', async () => {
      const answer = connector.run('true', {}, USUAL);
      await eventually('it runs', () => channels.length === 4);
      channels[3]?.end('alive');
      return (await answer).stdout.toString() === 'alive';
    });
    stream.stop();
  });

  it('knows that an address of nobody cannot be reached', async () => {
    connector = createSshConnector(sshOptions({ ssh: 'me@no-such-host.invalid', home: home.path }));
    await assert.rejects(connector.run('true', {}, USUAL), { kind: 'unreachable' });
  });

  it('refuses a name before anything else, every time', async () => {
    connector = createSshConnector(sshOptions({ ssh: '-oProxyCommand=id', home: home.path }));
    for (let i = 0; i < 2; i += 1) {
      await assert.rejects(connector.run('true', {}, USUAL), { kind: 'refused-name' });
    }
  });
});
