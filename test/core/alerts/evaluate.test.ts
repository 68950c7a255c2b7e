import assert from 'node:assert/strict';
import { type AlertTable, evaluateRules } from '../../../src/core/alerts/evaluate.ts';
import type { Gpu, HostState } from '../../../src/domain/host.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { makeGpu, makeHost, makeSample, makeSnapshot, RULE_SETTINGS, T0 } from '../../support/make.ts';

function hostWith(gpus: readonly Gpu[] | null, over: Partial<HostState> = {}): HostState {
  return makeHost({ sample: makeSample({ gpus }), ...over });
}

function look(before: AlertTable, hosts: readonly HostState[], settings = gpuRule) {
  return evaluateRules(before, makeSnapshot({ at: T0 + MINUTE, hosts }), {}, settings);
}

/** Only what is said of GPUs. */
const gpuRule = { 'gpu-lost': RULE_SETTINGS['gpu-lost'] } as typeof RULE_SETTINGS;

const lost = makeGpu({ index: 3, state: 'lost' });
const { open } = evaluateRules({}, makeSnapshot({ hosts: [hostWith([makeGpu(), lost])] }), {}, RULE_SETTINGS);

describe('an alert about a GPU', () => {
  it('fires at once, once for each GPU, and on every host by itself', () => {
    assert.deepEqual(
      Object.values(open).map(({ rule, state, labels }) => [rule, state, labels]),
      [['gpu-lost', 'firing', { host: 'gpu1', gpu: '3' }]],
    );
    const both = [hostWith([lost, makeGpu({ index: 4, state: 'lost' })]), hostWith([lost], { name: 'gpu2' })];
    assert.equal(Object.keys(look({}, both).open).length, 3);
  });

  for (const [name, host] of [
    ['it is still lost', hostWith([lost])],
    ['another has its index', hostWith([makeGpu({ index: 3, uuid: 'GPU-9' }), { ...lost, index: 3 }])],
    ['nvidia-smi hangs', hostWith([{ ...lost, state: 'hung' }])],
    ['the GPUs are not known', hostWith(null)],
    ['the host is out of reach', hostWith([lost], { reachable: false })],
    ['the host is out of reach, and showed no GPU', hostWith([], { reachable: false })],
    ['the host has not been probed', makeHost({ reachable: null, sample: null })],
  ] as const) {
    it(`stays while ${name}`, () => {
      const { open: after, resolved } = look(open, [host]);
      assert.deepEqual([after, resolved], [open, []]);
    });
  }

  for (const [name, hosts, reason] of [
    ['it answers', [hostWith([makeGpu({ index: 3 })])], 'answers again'],
    ['it answers under another index', [hostWith([{ ...makeGpu({ index: 3 }), index: 2 }])], 'answers again'],
    ['it is no longer listed', [hostWith([makeGpu()])], 'no longer watched'],
    ['its host is no longer watched', [], 'no longer watched'],
  ] as const) {
    it(`ends once ${name}`, () => {
      const { open: after, resolved } = look(open, hosts);
      assert.deepEqual(after, {});
      assert.deepEqual(
        resolved.map(({ state, resolution }) => [state, resolution]),
        [['resolved', reason]],
      );
    });
  }

  it('of one whose UUID was not known yet ends once it answers at its place, and not for another at its index', () => {
    const nameless = { ...lost, uuid: '', name: '' };
    const first = look({}, [hostWith([nameless])]).open;
    const reasonOf = (gpu: Gpu) => look(first, [hostWith([gpu])]).resolved.map(({ resolution }) => resolution);
    assert.deepEqual(reasonOf(makeGpu({ index: 3 })), ['answers again']);
    assert.deepEqual(reasonOf(makeGpu({ index: 3, busId: '0000:09:00.0' })), ['no longer watched']);
  });

  it('ends once its rule is off, whether or not the host can be reached', () => {
    const off = { 'gpu-lost': { enabled: false, severity: 'critical', holdForMs: 0 } } as const;
    for (const reachable of [true, false]) {
      assert.equal(look(open, [hostWith([lost], { reachable })], off).resolved.length, 1);
    }
  });
});
