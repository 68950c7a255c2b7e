import assert from 'node:assert/strict';
import { alertContent, alertView } from '../src/core/alerts/content.ts';
import { createDispatcher } from '../src/dispatcher.ts';
import type { Alert } from '../src/domain/alert.ts';
import { type Content, type Delivery, DeliveryError } from '../src/domain/delivery.ts';
import type { Message } from '../src/domain/message.ts';
import type { Channel, Logger, Store } from '../src/domain/ports.ts';
import { EMPTY_STATE, type State } from '../src/domain/state.ts';
import { T0 } from './support/make.ts';
import { makeRow as makeAnyRow } from './support/make-row.ts';
import { manualClock, settle } from './support/manual-clock.ts';

function makeAlert(id: string, state: 'firing' | 'resolved' = 'firing'): Alert {
  return {
    id,
    fingerprint: id,
    rule: 'run-failed',
    severity: 'critical',
    state,
    labels: { run: `configs/${id}.py` },
    summary: 'CUDA out of memory',
    evidence: [],
    startsAt: T0,
    firedAt: T0,
    endsAt: state === 'resolved' ? T0 + 1000 : null,
    resolution: state === 'resolved' ? 'running again' : null,
  };
}

const content = (...alerts: Alert[]): Content => alertContent('alert', alerts.map(alertView));

function makeRow(desired: Content, over: Partial<Delivery> = {}): Delivery {
  return makeAnyRow('lab|1', { desired, ...over });
}

type Abilities = readonly ('update' | 'reply' | 'detail')[];

/** A channel that writes down what it is asked, and a bench around the dispatcher. */
function bench(abilities: Abilities = ['update', 'reply']) {
  const clock = manualClock(T0);
  const calls: string[] = [];
  const failures: (Error | undefined)[] = [];
  const logged: string[] = [];
  let state: State = EMPTY_STATE;
  let broken = false;
  const store: Store = {
    read: () => state,
    async commit(change) {
      if (broken) throw new Error('ENOSPC');
      state = change(state);
    },
  };
  const held: { hold: Promise<void> | null } = { hold: null };
  async function call(text: string): Promise<void> {
    calls.push(text);
    await held.hold;
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  }
  const channel: Channel = {
    kind: 'test',
    async send(message, key) {
      await call(`send ${message.title} ${key}`);
      return { id: key };
    },
    ...(abilities.includes('update') && {
      async update(receipt: Readonly<Record<string, string>>, message: Message) {
        await call(`update ${message.title} ${receipt.id}`);
        return receipt;
      },
    }),
    ...(abilities.includes('detail') && {
      async detail(receipt: Readonly<Record<string, string>>, message: Message) {
        await call(`detail ${message.title} ${receipt.id}`);
        return { ...receipt, details: 'yes' };
      },
    }),
    ...(abilities.includes('reply') && {
      async reply(receipt: Readonly<Record<string, string>>, message: Message, key: string) {
        await call(`reply ${message.title} ${receipt.id} ${key}`);
      },
    }),
  };
  const log = (_fields: object, message: string) => void logged.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const render = ({ template, resolved, data }: Content): Message => ({
    kind: 'alert',
    severity: 'critical',
    resolved,
    title: `${template}:${data.firing}/${data.total}`,
    body: [],
    details: [],
    alertIds: [],
  });
  const dispatcher = createDispatcher({
    store,
    channels: new Map([['lab', channel]]),
    render,
    clock,
    random: () => 0.5,
    logger,
  });
  return Object.assign(held, {
    clock,
    calls,
    failures,
    logged,
    dispatcher,
    row: (key = 'lab|1') => state.deliveries[key],
    break: (value: boolean) => {
      broken = value;
    },
    async put(...rows: Delivery[]) {
      state = {
        ...state,
        deliveries: { ...state.deliveries, ...Object.fromEntries(rows.map((row) => [row.key, row])) },
      };
      dispatcher.wake();
      await settle();
    },
    async desire(desired: Content) {
      const row = state.deliveries['lab|1'];
      assert.ok(row);
      await this.put({ ...row, desired, desiredVersion: row.desiredVersion + 1 });
    },
    async pass(ms: number) {
      clock.advance(ms);
      await settle();
    },
  });
}

const a = makeAlert('a');
const b = makeAlert('b');
const aEnded = makeAlert('a', 'resolved');
const bEnded = makeAlert('b', 'resolved');

/** After a first delivery of `a`, what each kind of channel is asked to do when the content becomes this. */
const changes: [string, Abilities, Content, string[]][] = [
  [
    'a new member, edit and thread',
    ['update', 'reply'],
    content(a, b),
    ['update alert:2/2 lab|1', 'reply alert-added:2/2 lab|1 lab|1#2'],
  ],
  ['a new member, edit only', ['update'], content(a, b), ['update alert:2/2 lab|1', 'send alert-added:2/2 lab|1#2']],
  ['a new member, thread only', ['reply'], content(a, b), ['reply alert-added:2/2 lab|1 lab|1#2']],
  ['a new member, neither', [], content(a, b), ['send alert-added:2/2 lab|1#2']],
  [
    'the end, edit and thread',
    ['update', 'reply'],
    content(aEnded),
    ['update alert:0/1 lab|1', 'reply alert-resolved:0/1 lab|1 lab|1#2-ended'],
  ],
  ['the end, edit only', ['update'], content(aEnded), ['update alert:0/1 lab|1']],
  ['the end, thread only', ['reply'], content(aEnded), ['reply alert-resolved:0/1 lab|1 lab|1#2-ended']],
  ['the end, neither', [], content(aEnded), ['send alert-resolved:0/1 lab|1#2-ended']],
  [
    'better words only, edit and thread',
    ['update', 'reply'],
    content({ ...a, summary: 'on GPU 0' }),
    ['update alert:1/1 lab|1'],
  ],
  ['better words only, neither', [], content({ ...a, summary: 'on GPU 0' }), []],
];

describe('dispatcher', () => {
  for (const [name, abilities, desired, calls] of changes) {
    it(`${name}: ${calls.map((call) => call.split(' ')[0]).join(', ') || 'nothing'}`, async () => {
      const test = bench(abilities);
      await test.put(makeRow(content(a)));
      assert.deepEqual(test.calls.splice(0), ['send alert:1/1 lab|1']);
      await test.desire(desired);
      assert.deepEqual(test.calls, calls);
      assert.equal(test.row()?.deliveredVersion, 2);
    });
  }

  it('sends nothing before the group has waited', async () => {
    const test = bench();
    await test.put(makeRow(content(a), { notBefore: T0 + 30_000 }));
    await test.pass(29_999);
    assert.deepEqual(test.calls, []);
    await test.pass(1);
    assert.equal(test.calls.length, 1);
  });

  it('never sends what stopped being true before it was told', async () => {
    const test = bench();
    await test.put(makeRow(content(aEnded, bEnded)));
    assert.deepEqual(test.calls, []);
    assert.equal(test.row()?.deliveredVersion, 1);
  });

  it('tells the end also when nobody knows whether the beginning arrived', async () => {
    const test = bench();
    test.failures.push(new DeliveryError('connection lost', { permanent: false }));
    await test.put(makeRow(content(a)));
    await test.desire(content(aEnded));
    await test.pass(1000);
    assert.deepEqual(test.calls, ['send alert:1/1 lab|1', 'send alert:0/1 lab|1']);
  });

  it('keeps the receipt of a message that was posted anew, though the reply fails', async () => {
    const test = bench();
    await test.put(makeRow(content(a)));
    test.failures.push(
      new DeliveryError('message_not_found', { permanent: true, messageGone: true }),
      undefined,
      new DeliveryError('502', { permanent: false }),
    );
    await test.desire(content(a, b));
    assert.deepEqual(test.row()?.receipt, { id: 'lab|1#2~again' });
    await test.pass(1000);
    assert.equal(test.calls.filter((call) => call.startsWith('send')).length, 2);
  });

  it('does not wait for ever for what is under way when it is stopped, nor writes what still comes', async () => {
    const test = bench();
    let answer = (): void => undefined;
    test.hold = new Promise((resolve) => {
      answer = resolve;
    });
    await test.put(makeRow(content(a)));
    const stopping = test.dispatcher.stop();
    test.clock.advance(10_000);
    await stopping;
    answer();
    await settle();
    assert.equal(test.row()?.deliveredVersion, 0);
    assert.equal(test.clock.waiting(), 0);
  });

  it('tries again after a failure, later each time, with the same key', async () => {
    const test = bench();
    test.failures.push(...Array.from({ length: 3 }, () => new DeliveryError('502', { permanent: false })));
    await test.put(makeRow(content(a)));
    assert.equal(test.row()?.lastError, '502');
    for (const wait of [750, 1500, 3000]) await test.pass(wait);
    assert.deepEqual(test.calls, Array(4).fill('send alert:1/1 lab|1'));
    assert.equal(test.row()?.attempts, 0);
    assert.equal(test.row()?.lastError, null);
  });

  it('leaves the whole receiver alone for as long as the platform asks', async () => {
    const test = bench();
    test.failures.push(new DeliveryError('slow down', { permanent: false, retryAfterMs: 30_000 }));
    await test.put(makeRow(content(a)), makeRow(content(b), { key: 'lab|2', createdAt: T0 + 1 }));
    await test.pass(29_999);
    assert.equal(test.calls.length, 1);
    await test.pass(1);
    assert.equal(test.calls.length, 3);
  });

  it('stores that a message stands before it puts the details under it, and repeats only them', async () => {
    const test = bench(['update', 'detail']);
    test.failures.push(undefined, new DeliveryError('502', { permanent: false }));
    await test.put(makeRow(content(a)));
    assert.deepEqual(test.calls, ['send alert:1/1 lab|1', 'detail alert:1/1 lab|1']);
    assert.deepEqual([test.row()?.deliveredVersion, test.row()?.detailsOwed], [1, true]);
    await test.pass(1000);
    assert.deepEqual(test.calls.slice(2), ['detail alert:1/1 lab|1']);
    assert.deepEqual([test.row()?.detailsOwed, test.row()?.receipt], [false, { id: 'lab|1', details: 'yes' }]);
  });

  it('leaves out details that are refused for good', async () => {
    const test = bench(['update', 'detail']);
    test.failures.push(undefined, new DeliveryError('no', { permanent: true }));
    await test.put(makeRow(content(a)));
    await test.pass(3_600_000);
    assert.equal(test.calls.length, 2);
    assert.deepEqual([test.row()?.detailsOwed, test.row()?.gaveUp], [false, false]);
  });

  it('gives up what is refused for good, and starts anew when there is something else to say', async () => {
    const test = bench();
    test.failures.push(new DeliveryError('channel_not_found', { permanent: true }));
    await test.put(makeRow(content(a)));
    await test.pass(3_600_000);
    assert.equal(test.calls.length, 1);
    assert.equal(test.row()?.gaveUp, true);
    assert.ok(test.logged.includes('delivery given up'));
  });

  it('takes an error of the channel that it does not know for a passing one', async () => {
    const test = bench();
    test.failures.push(new TypeError('undefined is not a function'));
    await test.put(makeRow(content(a)));
    assert.equal(test.row()?.gaveUp, false);
    await test.pass(1000);
    assert.equal(test.row()?.deliveredVersion, 1);
  });

  it('posts anew when the message to edit is gone', async () => {
    const test = bench(['update']);
    await test.put(makeRow(content(a)));
    test.failures.push(new DeliveryError('message_not_found', { permanent: true, messageGone: true }));
    await test.desire(content(aEnded));
    assert.deepEqual(test.calls.slice(1), ['update alert:0/1 lab|1', 'send alert:0/1 lab|1#2~again']);
    assert.deepEqual(test.row()?.receipt, { id: 'lab|1#2~again' });
  });

  it('makes one edit of a thousand changes that come while a message is under way', async () => {
    const test = bench();
    const first = test.put(makeRow(content(a)));
    await first;
    const row = test.row();
    assert.ok(row);
    await test.put({ ...row, desired: content(a, b), desiredVersion: 1001 });
    assert.equal(test.calls.length, 3);
    assert.equal(test.row()?.deliveredVersion, 1001);
  });

  it('sends nothing that is not stored', async () => {
    const test = bench();
    test.break(true);
    await test.put(makeRow(content(a)));
    assert.deepEqual(test.calls, []);
    test.break(false);
    await test.pass(5000);
    assert.equal(test.calls.length, 1);
  });

  it('closes rows whose receiver is no longer configured', async () => {
    const test = bench();
    await test.put(makeRow(content(a), { key: 'gone|1', receiver: 'gone' }));
    assert.equal(test.row('gone|1')?.gaveUp, true);
    assert.equal(test.row('gone|1')?.closed, true);
  });

  it('begins nothing after it was stopped', async () => {
    const test = bench();
    await test.dispatcher.stop();
    await test.put(makeRow(content(a)));
    assert.deepEqual(test.calls, []);
    assert.equal(test.clock.waiting(), 0);
  });
});
