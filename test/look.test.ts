import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { projectOnlyConfig } from '../src/config/load.ts';
import type { Event } from '../src/domain/event.ts';
import { createHistory } from '../src/edge/storage/history.ts';
import { historyFolder } from '../src/folders.ts';
import { lookOnce } from '../src/look.ts';
import { useTempFolder } from './support/temp.ts';

describe('a single look', function () {
  this.timeout(60_000);
  const folder = useTempFolder();

  function config() {
    const loaded = projectOnlyConfig({ cwd: folder.path, env: {} }, folder.path);
    assert.ok(loaded.ok);
    return loaded.config;
  }

  async function eventsOf(since: number | null): Promise<readonly Event[]> {
    const look = await lookOnce(config(), { err: new PassThrough().resume(), env: process.env });
    try {
      return await look.queries.events(since);
    } finally {
      await look.close();
    }
  }

  beforeEach(() => {
    mkdirSync(join(folder.path, 'project'));
    mkdirSync(join(folder.path, 'configs'));
    writeFileSync(join(folder.path, 'project', 'run_agent.log'), readFileSync('test/fixtures/launcher/run_agent.log'));
  });

  it('tells all that the log of the launcher says, and writes nothing', async () => {
    const events = await eventsOf(null);
    assert.equal(events.length, 19);
    assert.deepEqual([events[0]?.kind, events.at(-1)?.kind], ['launcher-round', 'launcher-error']);
    const second = events[10]?.at ?? 0;
    assert.deepEqual(await eventsOf(second), events.slice(10));
    assert.deepEqual(readdirSync(folder.path).sort(), ['configs', 'project']);
  });

  it('adds it to what the bot has kept, each event once', async () => {
    const seen = await eventsOf(0);
    const lost: Event = { kind: 'host-lost', at: (seen[3]?.at ?? 0) - 1, host: 'gpu1', error: 'no route' };
    const history = createHistory({ directory: historyFolder(config()), onProblem: assert.fail });
    for (const event of [...seen.slice(0, 3), lost, ...seen.slice(3, 8)]) history.append({ t: 'event', event });
    await history.flush();
    assert.deepEqual(await eventsOf(0), [...seen.slice(0, 3), lost, ...seen.slice(3)]);
  });
});
