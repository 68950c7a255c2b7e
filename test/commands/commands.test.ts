import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { answer } from '../../src/commands/answer.ts';
import { COMMANDS } from '../../src/commands/index.ts';
import type { Queries } from '../../src/domain/queries.ts';
import { makeHost, makeRun, makeSnapshot, T0 } from '../support/make.ts';

const privacy = { users: true, commands: false, redact: (text: string) => text };
const queries: Queries = {
  now: () => T0,
  snapshot: () => makeSnapshot({ runs: [makeRun()] }),
  alerts: () => [],
  undelivered: () => [],
  bot: () => ({ running: true, since: T0, observedTodayPct: null }),
  probe: async (host) => [makeHost({ name: host ?? 'gpu1', reachable: host === null })],
  logTail: async () => null,
  events: async () => [],
  digest: async (date) => (date === '2026-01-01' ? null : { schema: 'pylon.metrics/1', date }),
};

const asked: [string, string, boolean][] = [
  ['status', 'status', false],
  ['/pylon status', 'status', false],
  ['  pylon   STATUS  ', 'status', false],
  ['summary', 'digest', false],
  ['summary 2026-01-14', 'digest', false],
  ['summary 2026-01-01', 'no-digest', true],
  ['summary yesterdya', 'error', true],
  ['runs', 'runs', false],
  ['probe', 'probe', false],
  ['probe gpu1', 'probe', true],
  ['probe gpu9', 'error', true],
  ['events', 'events', false],
  ['', 'help', false],
  ['help', 'help', false],
  ['rm -rf /', 'error', true],
];

describe('answer', () => {
  for (const [text, template, failed] of asked) {
    it(`"${text}" is answered with ${template}${failed ? ', as a failure' : ''}`, async () => {
      const given = await answer(text, queries, privacy);
      assert.equal(given.template, template);
      assert.equal(given.failed ?? false, failed);
    });
  }

  it('says what is allowed', async () => {
    assert.deepEqual((await answer('probe gpu9', queries, privacy)).data, {
      text: '"gpu9" is not a host; did you mean "gpu1"? (there are: gpu1)',
      hint: 'Usage: probe [HOST]',
    });
    assert.match(
      String((await answer('frobnicate', queries, privacy)).data.hint),
      /status, summary, runs, run, probe, events, help/,
    );
  });

  it('becomes an error message when a question fails', async () => {
    const broken = { ...queries, digest: () => Promise.reject(new Error('disk full')) };
    assert.deepEqual((await answer('summary', broken, privacy)).data, { text: 'disk full', hint: null });
  });

  it('has every file of the folder in its registry', () => {
    const files = readdirSync('src/commands').filter(
      (name) => !['index.ts', 'command.ts', 'answer.ts', 'words.ts'].includes(name),
    );
    assert.deepEqual(COMMANDS.map(({ name }) => `${name}.ts`).sort(), files.sort());
  });
});
