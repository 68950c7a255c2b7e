import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connector, RemoteStream } from '../../../src/domain/ports.ts';
import { createLocalConnector } from '../../../src/edge/connectors/local.ts';
import { createRemoteFollower } from '../../../src/edge/follow/remote.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock, settle } from '../../support/manual-clock.ts';
import { useTempFolder } from '../../support/temp.ts';

interface Fake {
  readonly paths: string;
  readonly data: (chunk: Buffer) => void;
  end(reason: string): void;
  stopped: boolean;
}

/** A connector whose streams are ended and fed by hand. */
function fakeHost() {
  const streams: Fake[] = [];
  let failure: Error | null = null;
  const connector = {
    stream(_: string, input: Readonly<Record<string, string>>, data: (chunk: Buffer) => void): Promise<RemoteStream> {
      if (failure !== null) return Promise.reject(failure);
      const fake: Fake = { paths: input.follow_paths ?? '', data, end: () => {}, stopped: false };
      const ended = new Promise<string>((resolve) => {
        fake.end = resolve;
      });
      streams.push(fake);
      return Promise.resolve({
        ended,
        stop() {
          fake.stopped = true;
          fake.end('stopped');
        },
      });
    },
  };
  return { streams, connector: connector as unknown as Connector, fail: (error: Error | null) => (failure = error) };
}

function start() {
  const clock = manualClock();
  const host = fakeHost();
  const changed: string[] = [];
  const problems: string[] = [];
  const follower = createRemoteFollower({
    connector: host.connector,
    clock,
    random: () => 1,
    onChange: (path) => changed.push(path),
    onProblem: (problem) => problems.push(problem),
  });
  return { clock, host, changed, problems, follower, last: () => host.streams.at(-1)! };
}

describe('remote follower', () => {
  const folder = useTempFolder();

  it('tells of changes on a real host, by name', async () => {
    const [a, b] = ["it's [a].log", 'b c.log'].map((name) => join(folder.path, name)) as [string, string];
    for (const path of [a, b]) writeFileSync(path, 'x');
    const connector = createLocalConnector({ clock: systemClock });
    const changed: string[] = [];
    const follower = createRemoteFollower({
      connector,
      clock: systemClock,
      random: Math.random,
      onChange: (path) => changed.push(path),
      onProblem: (problem) => assert.fail(problem),
    });
    try {
      follower.update([a, b, join(folder.path, 'missing')]);
      await eventually('change of a', () => {
        appendFileSync(a, 'line\n');
        return changed.includes(a);
      });
      assert.deepEqual([...new Set(changed)], [a]);
    } finally {
      follower.stop();
      await connector.close();
    }
  });

  it('passes on whole lines that name a followed file', async () => {
    const { changed, follower, last } = start();
    follower.update(['/a b', '/modèle', 'not\nthis']);
    await settle();
    assert.equal(last().paths, '/a b\n/modèle');
    const [first, second] = [Buffer.from('/a b\n\n/other\n/mod'), Buffer.from('èle\n/a')];
    last().data(first);
    last().data(second.subarray(0, 1));
    last().data(second.subarray(1));
    assert.deepEqual(changed, ['/a b', '/modèle']);
    follower.stop();
    last().data(Buffer.from(' b\n'));
    assert.equal(changed.length, 2);
  });

  it('begins anew only for other files', async () => {
    const { host, follower, clock, problems } = start();
    follower.update(['/a', '/b']);
    await settle();
    follower.update(['/b', '/a', '/a']);
    await settle();
    assert.equal(host.streams.length, 1);
    follower.update(['/a']);
    await settle();
    assert.deepEqual(
      host.streams.map(({ paths, stopped }) => [paths, stopped]),
      [
        ['/a\n/b', true],
        ['/a', false],
      ],
    );
    follower.update([]);
    await settle();
    assert.deepEqual(
      host.streams.map(({ stopped }) => stopped),
      [true, true],
    );
    assert.equal(clock.waiting(), 0);
    assert.deepEqual(problems, []);
  });

  it('begins again after an end, later each time until something is heard', async () => {
    const { clock, host, follower, problems, last } = start();
    follower.update(['/a']);
    await settle();
    for (const wait of [1_000, 2_000, 4_000]) {
      const before = host.streams.length;
      last().end('connection lost');
      await settle();
      clock.advance(wait - 1);
      assert.equal(host.streams.length, before);
      clock.advance(1);
      await settle();
      assert.equal(host.streams.length, before + 1);
    }
    last().data(Buffer.from('\n'));
    last().end('connection lost');
    await settle();
    clock.advance(1_000);
    assert.equal(host.streams.length, 5);
    assert.deepEqual(new Set(problems), new Set(['connection lost']));
    follower.stop();
    assert.equal(clock.waiting(), 0);
  });

  it('begins again when the host cannot be reached', async () => {
    const { clock, host, follower, problems } = start();
    host.fail(new Error('no route'));
    follower.update(['/a']);
    await settle();
    assert.deepEqual(problems, ['no route']);
    host.fail(null);
    clock.advance(1_000);
    assert.equal(host.streams.length, 1);
    follower.stop();
  });

  it('gives up a stream on which nothing is heard', async () => {
    const { clock, host, follower, problems, last } = start();
    follower.update(['/a']);
    await settle();
    clock.advance(30_000);
    last().data(Buffer.from('\n'));
    clock.advance(34_999);
    assert.equal(last().stopped, false);
    clock.advance(1);
    assert.equal(last().stopped, true);
    assert.deepEqual(problems, ['nothing was heard from the host']);
    clock.advance(1_000);
    assert.equal(host.streams.length, 2);
    follower.stop();
  });

  it('stops a stream that comes after it is no longer wanted', async () => {
    const { host, follower } = start();
    follower.update(['/a']);
    follower.stop();
    await settle();
    assert.deepEqual(
      host.streams.map(({ stopped }) => stopped),
      [true],
    );
  });
});
