import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../../../src/domain/host.ts';
import type { Connector } from '../../../src/domain/ports.ts';
import { createSshConnector } from '../../../src/edge/connectors/ssh.ts';
import { connectorContract } from '../../contracts/connector.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock, settle } from '../../support/manual-clock.ts';
import { needSshd, type Sshd, startSshd } from '../../support/sshd.ts';
import { sshOptions, USUAL } from './ssh-options.ts';

describe('ssh connector', () => {
  let sshd: Sshd;
  let connector: Connector;
  before(async function () {
    needSshd(this);
    sshd = await startSshd();
  });
  afterEach(() => {
    sshd.resume();
    return connector?.close();
  });
  after(() => sshd?.stop());

  function connect(
    ...changes: Parameters<typeof sshOptions> extends [unknown, ...infer Rest] ? Rest : never
  ): Connector {
    connector = createSshConnector(sshOptions(sshd, ...changes));
    return connector;
  }

  describe('contract', () => {
    connectorContract(() => createSshConnector(sshOptions(sshd)));
  });

  it('sends all programs over one connection', async () => {
    connect();
    const ports = await Promise.all(
      Array.from({ length: 12 }, () => connector.run('echo "$SSH_CONNECTION"', {}, USUAL)),
    );
    assert.equal(new Set(ports.map(({ stdout }) => stdout.toString())).size, 1);
  });

  it('never has more than eight programs running', async () => {
    connect();
    const streams = await Promise.all(
      Array.from({ length: 8 }, () => connector.stream('while :; do echo; sleep 0.05; done', {}, () => {})),
    );
    await assert.rejects(connector.run('true', {}, { ...USUAL, timeoutMs: 300 }), { kind: 'timeout' });
    const waiting = connector.run('echo at last', {}, USUAL);
    streams[3]?.stop();
    assert.equal((await waiting).stdout.toString(), 'at last\n');
  });

  it('opens a connection again at once when it was lost', async () => {
    connect();
    const first = await connector.run('echo "$SSH_CONNECTION"', {}, USUAL);
    const running = connector.run('while :; do echo; sleep 0.05; done', {}, USUAL);
    const stream = await connector.stream('while :; do echo; sleep 0.05; done', {}, () => {});
    await Promise.all([sshd.dropConnections(), assert.rejects(running, { name: 'HostError', kind: 'unreachable' })]);
    assert.match(await stream.ended, /closed the connection|was lost/);
    const second = await connector.run('echo "$SSH_CONNECTION"', {}, USUAL);
    assert.notEqual(second.stdout.toString(), first.stdout.toString());
  });

  it('pauses after a failure, and says why and until when', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 15, 12));
    connect({ clock });
    await sshd.halt();
    const refused = await failure(connector.run('true', {}, USUAL));
    assert.equal(refused.kind, 'unreachable');
    assert.equal(refused.message, `${sshd.ssh} refuses connections: no SSH server listens there`);
    const paused = await failure(connector.run('true', {}, USUAL));
    assert.equal(paused.kind, 'paused');
    assert.equal(paused.message, `${refused.message} (tried again at 2026-01-15T12:00:01.000Z)`);
    assert.equal(paused.cause, refused);

    clock.advance(1_000);
    const [a, b] = await Promise.all([
      failure(connector.run('true', {}, USUAL)),
      failure(connector.stream('true', {}, () => {})),
    ]);
    assert.equal(a, b, 'both waited for the same attempt');
    assert.match((await failure(connector.run('true', {}, USUAL))).message, /again at 2026-01-15T12:00:03/);

    await sshd.start();
    clock.advance(2_000);
    assert.equal((await connector.run('echo back', {}, USUAL)).stdout.toString(), 'back\n');
    await settle();
    assert.equal(clock.waiting(), 0);
  });

  it('gives a host up that stands still, and finds it again', async () => {
    const clock = manualClock();
    connect({ clock });
    let ticks = 0;
    const stream = await connector.stream('while :; do echo; sleep 0.05; done', {}, () => {
      ticks += 1;
    });
    const mark = join(sshd.home, 'begun');
    const running = connector.run('echo begun; : >"$mark"; while :; do echo; sleep 0.05; done', { mark }, USUAL);
    await eventually('the second one runs', () => existsSync(mark));
    const seen = ticks;
    await eventually('ticks', () => ticks > seen + 3);
    await sshd.freeze();
    clock.advance(15_000);
    const output = await running;
    assert.equal(output.timedOut, true);
    assert.match(output.stdout.toString(), /^begun/);
    await settle();
    // The next program is not even started.
    const unanswered = failure(connector.run('true', {}, { ...USUAL, timeoutMs: 60_000 }));
    await settle();
    clock.advance(15_000);
    assert.match((await unanswered).message, /took the login but did not start a program within 15 s/);
    assert.match(await stream.ended, /did not start a program/);
    // What was wrong a moment ago is not tried again at once.
    assert.equal((await failure(connector.run('true', {}, USUAL))).kind, 'paused');
    clock.advance(1_000);
    const silent = failure(connector.run('true', {}, USUAL));
    await settle();
    clock.advance(15_000);
    assert.equal((await silent).kind, 'timeout');
    await settle();
    sshd.resume();
    clock.advance(60_000);
    assert.equal((await connector.run('echo back', {}, USUAL)).stdout.toString(), 'back\n');
  });

  it('lets a few programs hang before all others lose the connection', async () => {
    const clock = manualClock();
    connect({ clock });
    const stream = await connector.stream('while :; do echo; sleep 0.05; done', {}, () => {});
    let lost = false;
    void stream.ended.then(() => {
      lost = true;
    });
    for (const expected of [false, false, true]) {
      let text = '';
      const hanging = await connector.stream('echo $$; exec sleep 60', {}, (chunk) => {
        text += chunk.toString();
      });
      await eventually('its number', () => text.endsWith('\n'));
      hanging.stop();
      clock.advance(5_000);
      await settle();
      assert.equal(lost, expected);
      process.kill(Number(text), 'SIGKILL');
    }
    assert.match(await stream.ended, /a program on .* does not end/);
    assert.equal((await connector.run('echo back', {}, USUAL)).stdout.toString(), 'back\n');
  });

  it('leaves no socket, timer or listener behind', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    // The test's own time limit counts from the next turn on.
    await settle();
    const before = openHandles();
    connect();
    for (let round = 0; round < 50; round += 1) await connector.run('true', {}, USUAL);
    await connector.run('exec yes', {}, { ...USUAL, capBytes: 1_000 });
    await connector.close();
    await eventually('the handles are gone', () => openHandles() <= before);
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });

  it('can be closed while it connects', async () => {
    await sshd.freeze();
    connect();
    const waiting = failure(connector.run('true', {}, USUAL));
    await settle();
    await connector.close();
    assert.equal((await waiting).message, 'the bot is shutting down');
    sshd.resume();
  });
});

/** Sockets and timers; not pipes, as the test runner's own output is one. */
function openHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|GetAddrInfo/.test(name)).length;
}

async function failure(work: Promise<unknown>): Promise<HostError> {
  const error = await work.then(
    () => assert.fail('did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HostError, String(error));
  return error;
}
