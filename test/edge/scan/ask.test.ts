import assert from 'node:assert/strict';
import type { Section } from '../../../src/core/sections.ts';
import type { Connector } from '../../../src/domain/ports.ts';
import { createAsk, fulfil, takeBatch } from '../../../src/edge/scan/ask.ts';
import type { Want } from '../../../src/edge/scan/wants.ts';

const read = (bytes: number): Want => ({ kind: 'head', path: '/x', bytes, take() {} });
const walk = (): Want => ({
  kind: 'walk',
  ask: { kind: 'walk', dir: '/x', expectedFiles: [], from: 0, folders: 0, form: null },
  take() {},
});

describe('takeBatch', () => {
  it('takes what a round trip may ask, and leaves the rest', () => {
    const queue = Array.from({ length: 600 }, () => ({ wants: [walk()] }));
    const sizes: number[] = [];
    while (queue.length > 0) sizes.push(takeBatch(() => queue.shift() ?? null).length);
    assert.deepEqual(sizes, [250, 250, 100]);
  });

  it('counts bytes, and takes one item at least', () => {
    const queue = [9_000_000, 1_000_000, 1_500_000, 10].map((bytes) => ({ wants: [read(bytes)] }));
    const sizes: number[] = [];
    while (queue.length > 0) sizes.push(takeBatch(() => queue.shift() ?? null).length);
    assert.deepEqual(sizes, [1, 2, 1]);
  });
});

describe('fulfil', () => {
  const section = (body: string, complete = true): Section => ({ body, complete });
  const answer = (sections: Record<string, Section>) => async () => new Map(Object.entries(sections));

  it('hands out answers, and says which there are none for', async () => {
    const taken: unknown[] = [];
    const wants: Want[] = [
      { kind: 'stamp', path: '/a', take: (stamp) => taken.push(stamp) },
      { kind: 'stamp', path: '/b', take: (stamp) => taken.push(stamp) },
      { ...walk(), take: (walked: unknown, owner?: unknown) => taken.push(walked, owner) } as Want,
      { kind: 'tail', path: '/c', bytes: 1, take: (text) => taken.push(text) },
      { kind: 'head', path: '/d', bytes: 1, take: (text) => taken.push(text) },
    ];
    await fulfil(
      wants,
      answer({
        'scan:now': section('1\n'),
        'scan:stamps': section('81a4:1:1 /a\n'),
        'scan:walks': section('unreadable/0\n'),
        'scan:owners': section('ann /x\n'),
        'scan:file:1': section('text'),
      }),
    );
    assert.deepEqual(taken, ['81a4:1:1', '-', { kind: 'unreadable', epoch: null }, 'ann', null, 'text']);
  });

  it('takes nothing from an answer that was cut off', async () => {
    const wants: Want[] = [{ kind: 'stamp', path: '/a', take: () => assert.fail() }];
    const cut = [
      { 'scan:now': section('1\n') },
      { 'scan:now': section('1\n'), 'scan:stamps': section('81a4:1', false) },
      { 'scan:stamps': section('81a4:1:1 /a\n') },
    ];
    for (const sections of cut) {
      await assert.rejects(fulfil(wants, answer(sections as Record<string, Section>)), {
        name: 'HostError',
        kind: 'timeout',
      });
    }
  });
});

describe('createAsk', () => {
  it('marks the answer with a nonce that is new for every call', async () => {
    const nonces: string[] = [];
    let serial = 0;
    const connector: Pick<Connector, 'run'> = {
      async run(_, input) {
        nonces.push(input.nonce ?? '');
        const stdout = Buffer.from(`noise\n#${input.nonce} scan:now\n12\n#other x\n\n#${input.nonce} end\n`);
        return { stdout, stderr: '', exitCode: 0, timedOut: false, truncated: false };
      },
    };
    const ask = createAsk(connector as Connector, () => {
      serial += 1;
      return serial / 100;
    });
    const sections = await ask({});
    assert.deepEqual([...sections], [['scan:now', { body: '12\n#other x\n', complete: true }]]);
    await ask({});
    assert.match(nonces[0] ?? '', /^[0-9a-z]{20,}$/);
    assert.notEqual(nonces[0], nonces[1]);
  });
});
