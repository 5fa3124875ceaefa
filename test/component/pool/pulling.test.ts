import { describe, expect, it } from 'vitest';
import { CallCells, monotonicNow } from '../../../src/component/exchange/cells.ts';
import type { PullMessage, PullReply } from '../../../src/component/exchange/protocol.ts';
import { deadlineOf, Held } from '../../../src/component/pool/held.ts';
import { lateCalls } from '../../../src/component/pool/late.ts';
import { pull } from '../../../src/component/pool/pulling.ts';
import type { GuestPull, PullAnswer } from '../../../src/guest.ts';

const delivery = { topic: 'a', qos: 1, retained: false, redelivered: false, attempt: 1, userProperties: [] } as const;
const event = { id: '1', source: '/s', type: 't', data: Buffer.from('data'), attributes: { subject: 'x' } };
const MESSAGE = { binding: 'b', topic: 'a', event, delivery };
const message: PullAnswer = { ok: true, value: { event, delivery, timeout: 70 } };

/** A call, and what it is given; the test says what there is. */
function setUp(more: typeof MESSAGE | Record<string, never> = {}) {
  const replies: (readonly [number, PullReply])[] = [];
  const log: string[] = [];
  const state = { next: message as PullAnswer, check: undefined as ReturnType<GuestPull['check']> };
  const puller: GuestPull = {
    check: () => state.check,
    next: async (request, topic, { stream }) => {
      log.push(`next ${request} ${topic}${stream ? ' of a stream' : ''}`);
      return state.next;
    },
    withdraw: (request) => void log.push(`withdraw ${request}`),
    current: () => undefined,
    end: () => {},
  };
  const handler = { interface: undefined, function: 'run' };
  const held = new Held(1, { timeout: 50, ended() {}, ...more }, handler, { instance: 0, load: 1 });
  const ask = async (asked: PullMessage['ask'], { over = false, nothing = false } = {}) => {
    pull(
      over ? undefined : held,
      { id: replies.length + 1, call: 1, ask: asked, topic: 'a' },
      {
        open: nothing ? undefined : () => puller,
        reply: (id, reply) => replies.push([id, reply]),
        drained: () => log.push('drained'),
      },
    );
    await Promise.resolve();
    await Promise.resolve();
    return replies.at(-1)?.[1];
  };
  return { ask, held, log, state, replies };
}

describe('what a call asks for', () => {
  it('is handed to the worker without what the guest cannot hold, and its time counts from then', async () => {
    const { ask, held, log } = setUp();
    expect(await ask('receive')).toEqual({
      ok: true,
      value: { event: { id: '1', source: '/s', type: 't', data: new Uint8Array(event.data) }, delivery },
    });
    expect([held.timeout, held.handedAt !== undefined, log]).toEqual([70, true, ['next 1 a']]);
    await ask('read');
    expect(log.at(-1)).toBe('next 2 a of a stream');
  });

  it('has no time while it is waited for, and the call its own again where nothing came', async () => {
    const { ask, held, state } = setUp();
    await ask('receive');
    state.next = { ok: false, error: { tag: 'timeout' } };
    expect(await ask('receive')).toEqual({ ok: false, error: { tag: 'timeout' } });
    expect([held.timeout, held.handedAt]).toEqual([50, undefined]);
  });

  it('is not asked for where its topic is refused: what is held is held on, and its time goes on', async () => {
    const { ask, held, state, log } = setUp();
    await ask('receive');
    const { handedAt, timeout } = held;
    state.check = { tag: 'permission-denied', val: 'no' };
    expect(await ask('receive')).toEqual({ ok: false, error: { tag: 'permission-denied', val: 'no' } });
    expect([held.handedAt, held.timeout, held.asking, log]).toEqual([handedAt, timeout, 0, ['next 1 a']]);
  });

  it('counts how many reads are under way', async () => {
    const { ask, held, state } = setUp();
    const { promise, resolve } = Promise.withResolvers<PullAnswer>();
    state.next = promise as unknown as PullAnswer;
    await ask('read');
    expect([held.asking, held.reading]).toEqual([1, 1]);
    resolve(message);
    await promise;
    await new Promise((done) => setImmediate(done));
    expect([held.asking, held.reading]).toEqual([0, 0]);
  });

  it('is refused after the call, and where nothing can be received', async () => {
    const { ask, log } = setUp();
    expect(await ask('receive', { over: true })).toMatchObject({ ok: false, error: { tag: 'other' } });
    expect(await ask('read', { nothing: true })).toMatchObject({ ok: false, error: { tag: 'other' } });
    expect(log).toEqual([]);
  });

  it('may be a stream, if its topic may be asked for', async () => {
    const { ask, state } = setUp();
    expect(await ask('open')).toEqual({ ok: true, value: undefined });
    state.check = { tag: 'permission-denied', val: 'no' };
    expect(await ask('open')).toEqual({ ok: false, error: { tag: 'permission-denied', val: 'no' } });
  });

  it('is taken back without an answer', async () => {
    const { ask, log, replies } = setUp();
    await ask('withdraw');
    expect([log, replies]).toEqual([['withdraw 1'], []]);
  });
});

describe('while the host stops', () => {
  it('a stream ends', async () => {
    const { ask, state, log } = setUp();
    state.next = 'draining';
    expect([await ask('read'), log]).toEqual(['end', ['next 1 a of a stream']]);
  });

  it.each(['receive', 'open'] as const)('a command that asks for more is over (%s)', async (asked) => {
    const { ask, state, log, replies } = setUp();
    state.next = 'draining';
    state.check = 'draining';
    await ask(asked);
    expect([log.at(-1), replies]).toEqual(['drained', []]);
  });

  it.each(['receive', 'open'] as const)('a handler is told (%s)', async (asked) => {
    const { ask, state, held } = setUp(MESSAGE);
    state.next = 'draining';
    state.check = 'draining';
    expect(await ask(asked)).toEqual({ ok: false, error: { tag: 'connection', val: 'draining' } });
    expect(held.draining).toBe(true);
  });
});

describe('the time of a call that waits for a message', () => {
  it('stands still, and runs from handing out although the worker does not take it up', () => {
    const cells = new CallCells();
    const call = { cell: 3, timeout: 40, handedAt: undefined as number | undefined };
    cells.start(3);
    expect(deadlineOf(cells, call)).toBeCloseTo(monotonicNow() + 40, -2);
    cells.wait(3);
    expect([deadlineOf(cells, call), lateCalls(cells, [{ ...call, timeout: -1 }])]).toEqual([undefined, []]);
    call.handedAt = 1_000;
    expect(deadlineOf(cells, call)).toBe(1_040);
    cells.start(3);
    expect(deadlineOf(cells, call)).toBeGreaterThan(1_040);
    cells.end(3, true);
    expect(deadlineOf(cells, call)).toBeUndefined();
  });
});
