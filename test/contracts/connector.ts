import assert from 'node:assert/strict';
import { HostError } from '../../src/domain/host.ts';
import type { Connector } from '../../src/domain/ports.ts';
import { eventually } from '../support/eventually.ts';

const USUAL = { timeoutMs: 15_000, capBytes: 8 * 1024 * 1024 };

/** What every connector must do. The machine that `connect` leads to must be this one. */
export function connectorContract(connect: () => Connector): void {
  let connector: Connector;
  beforeEach(() => {
    connector = connect();
  });
  afterEach(() => connector.close());

  it('returns output, errors and exit code', async () => {
    const output = await connector.run('echo out; echo err >&2; exit 3', {}, USUAL);
    assert.deepEqual(output, {
      stdout: Buffer.from('out\n'),
      stderr: 'err\n',
      exitCode: 3,
      timedOut: false,
      truncated: false,
    });
  });

  it('tells a program that a signal ended from one that exited', async () => {
    const output = await connector.run('kill -9 $$', {}, USUAL);
    assert.equal(output.exitCode, null);
    assert.equal(output.timedOut, false);
  });

  const values = {
    'quotes and dollars': `'"\`$(touch /tmp/pylon-owned)$HOME\\`,
    'newlines and semicolons': 'a\n; exit 9\n\nb ',
    'a word that looks like an option': '-rf /',
    'letters of other scripts': 'größe 模型 🚀',
    'escape sequences': '\x1b[31mred\x1b[0m\x07',
    'a long list': 'x'.repeat(300_000),
    nothing: '',
  };
  for (const [name, value] of Object.entries(values)) {
    it(`hands over ${name} unchanged`, async () => {
      const output = await connector.run(`printf %s "$value"`, { value }, USUAL);
      assert.equal(output.stdout.toString(), value);
      assert.equal(output.exitCode, 0);
    });
  }

  it('hands over bytes unchanged', async () => {
    const { stdout } = await connector.run("printf '\\000\\377\\012\\015'", {}, USUAL);
    assert.deepEqual([...stdout], [0, 255, 10, 13]);
  });

  it('returns large output whole', async () => {
    const { stdout, truncated } = await connector.run('head -c 5000000 /dev/zero', {}, USUAL);
    assert.equal(stdout.length, 5_000_000);
    assert.equal(truncated, false);
  });

  it('gives a program no more than its script on standard input', async () => {
    const { stdout } = await connector.run('cat; echo end', {}, USUAL);
    assert.equal(stdout.toString(), 'end\n');
  });

  it('ends what takes too long and returns what it had printed', async () => {
    const output = await connector.run('echo $$; exec sleep 600', {}, { ...USUAL, timeoutMs: 500 });
    assert.match(output.stdout.toString(), /^\d+\n$/);
    assert.deepEqual([output.exitCode, output.timedOut, output.truncated], [null, true, false]);
    endQuietly(pidOf(output.stdout));
  });

  it('cuts endless output at the cap and ends its program', async () => {
    const output = await connector.run('echo $$; exec yes', {}, { ...USUAL, capBytes: 100_000 });
    assert.equal(output.stdout.length, 100_000);
    assert.deepEqual([output.exitCode, output.timedOut, output.truncated], [null, false, true]);
    await gone(pidOf(output.stdout));
  });

  it('keeps the first part of endless errors, without escape sequences', async () => {
    const program = "printf '\\033[31mred\\033[0m\\a' >&2; head -c 1000000 /dev/zero | tr '\\0' x >&2";
    const { stderr, exitCode } = await connector.run(program, {}, USUAL);
    assert.match(stderr, /^redx+$/);
    assert.ok(stderr.length <= 16 * 1024);
    assert.equal(exitCode, 0);
  });

  it('does not wait for what a program leaves behind', async () => {
    const output = await connector.run('sleep 600 & echo $!', {}, USUAL);
    assert.deepEqual([output.exitCode, output.timedOut], [0, false]);
    endQuietly(pidOf(output.stdout));
  });

  it('runs many at a time', async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => String(index));
    const outputs = await Promise.all(numbers.map((n) => connector.run(`echo "$n"`, { n }, USUAL)));
    assert.deepEqual(
      outputs.map(({ stdout }) => stdout.toString().trim()),
      numbers,
    );
  });

  it('refuses a name that is no shell variable', async () => {
    await assert.rejects(connector.run('true', { 'x;y': '' }, USUAL), /not a shell variable/);
  });

  it('streams what comes as it comes, and ends the program when it is stopped', async () => {
    let text = '';
    const program = 'echo $$; while :; do echo tick; sleep 0.05; done';
    const stream = await connector.stream(program, {}, (chunk) => {
      text += chunk.toString();
    });
    await eventually('three ticks', () => text.split('tick').length > 3);
    stream.stop();
    stream.stop();
    assert.equal(await stream.ended, 'stopped');
    const seen = text;
    await gone(Number.parseInt(text, 10));
    assert.equal(text, seen);
  });

  it('tells how a stream ended', async () => {
    const stream = await connector.stream('echo "no such file" >&2; exit 4', {}, () => {});
    assert.equal(await stream.ended, 'the program ended with exit code 4: no such file');
    const killed = await connector.stream('kill -9 $$', {}, () => {});
    assert.equal(await killed.ended, 'the program was ended');
  });

  it('ends all that runs when it is closed, and takes nothing more', async () => {
    const stream = await connector.stream('while :; do echo; sleep 0.05; done', {}, () => {});
    const run = connector.run('while :; do echo; sleep 0.05; done', {}, USUAL);
    await connector.run('true', {}, USUAL);
    await Promise.all([connector.close(), assert.rejects(run, HostError), stream.ended]);
    await assert.rejects(connector.run('true', {}, USUAL), { name: 'HostError', kind: 'failed' });
    await assert.rejects(
      connector.stream('true', {}, () => {}),
      HostError,
    );
  });
}

function pidOf(stdout: Buffer): number {
  return Number.parseInt(stdout.toString('utf8', 0, 20), 10);
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

async function gone(pid: number): Promise<void> {
  assert.ok(pid > 1);
  await eventually(`process ${pid} is gone`, () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}
