import assert from 'node:assert/strict';
import { createLocalConnector } from '../../../src/edge/connectors/local.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { connectorContract } from '../../contracts/connector.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock } from '../../support/manual-clock.ts';

describe('local connector', () => {
  connectorContract(() => createLocalConnector({ clock: systemClock }));

  it('ends the whole process group, even of programs that ignore SIGTERM', async () => {
    const clock = manualClock();
    const connector = createLocalConnector({ clock });
    let text = '';
    const program = `trap '' TERM; sh -c 'trap "" TERM; echo $$; while :; do sleep 0.1; done' & echo $$; wait`;
    const stream = await connector.stream(program, {}, (chunk) => {
      text += chunk.toString();
    });
    await eventually('two numbers', () => /\d+\n\d+\n/.test(text));
    stream.stop();
    clock.advance(5_000);
    for (const pid of text.trim().split('\n').map(Number)) {
      await eventually(`process ${pid} is gone`, () => !alive(pid));
    }
    assert.equal(clock.waiting(), 0);
  });

  it('leaves no timer behind', async () => {
    const clock = manualClock();
    const connector = createLocalConnector({ clock });
    await connector.run('true', {}, { timeoutMs: 60_000, capBytes: 10 });
    await connector.run('yes', {}, { timeoutMs: 60_000, capBytes: 10 });
    await eventually('no timers', () => clock.waiting() === 0);
  });

  it('says that no shell could be started', async () => {
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      const connector = createLocalConnector({ clock: systemClock });
      await assert.rejects(connector.run('true', {}, { timeoutMs: 1_000, capBytes: 10 }), {
        kind: 'failed',
        message: 'no shell could be started here: ENOENT',
      });
    } finally {
      process.env.PATH = path;
    }
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
