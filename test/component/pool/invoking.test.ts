import { describe, expect, it } from 'vitest';
import { Held } from '../../../src/component/pool/held.ts';
import { Invocations } from '../../../src/component/pool/invoking.ts';
import type { CallContext, GuestInvoke, InvokeReply } from '../../../src/guest.ts';

const delivery = { topic: 'a', qos: 1, retained: false, redelivered: false, attempt: 1, userProperties: [] } as const;
const event = { id: '1', source: '/', type: 't', data: new Uint8Array() };
const call = { timeout: 1, binding: 'b0', topic: 'a', event, delivery, ended() {} };

const held = (id: number, pull?: Held['pull']) => {
  const one = new Held(id, call, { interface: undefined, function: 'f' }, { instance: 0, load: 1 });
  one.pull = pull;
  return one;
};

const request = { key: 'acme:a/x', function: 'f', args: [] };

function recorded(answer: (context: CallContext) => Promise<InvokeReply>) {
  const contexts: CallContext[] = [];
  const invoke: GuestInvoke = (_, context) => {
    contexts.push(context);
    return answer(context);
  };
  const invocations = new Invocations(invoke);
  const ask = (call: Held | undefined, unread?: readonly number[]) => {
    const replies: InvokeReply[] = [];
    invocations.invoke(call, { id: 1, call: call?.id ?? 0, request, unread }, (reply) => replies.push(reply));
    return replies;
  };
  return { contexts, invocations, ask };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('invocations of a worker', () => {
  it('answer once, with bytes in a buffer of their own', async () => {
    const { ask, invocations } = recorded(async () => ({ kind: 'ok', value: Buffer.from('small') }));
    const replies = ask(held(1));
    await turn();
    invocations.ended(1);
    expect(replies).toHaveLength(1);
    const [reply] = replies;
    if (reply?.kind !== 'ok' || !(reply.value instanceof Uint8Array)) throw new Error('no bytes');
    expect(reply.value.buffer.byteLength).toBe(5);
  });

  it('are given up when their call is over, and a late answer is dropped', async () => {
    const late = Promise.withResolvers<InvokeReply>();
    const { ask, contexts, invocations } = recorded(() => late.promise);
    const [first, second, other] = [ask(held(1)), ask(held(1)), ask(held(2))];
    expect(contexts[0]?.signal).toBe(contexts[1]?.signal);
    invocations.ended(1);
    expect([first, second]).toEqual(Array(2).fill([{ kind: 'fault', message: 'was given up: the call is over' }]));
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
    late.resolve({ kind: 'ok', value: 1 });
    await turn();
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(other).toEqual([{ kind: 'ok', value: 1 }]);
  });

  it('know the message of the call, or the one that it received last', () => {
    const { ask, contexts } = recorded(() => new Promise(() => {}));
    const event = { id: '2', source: '/', type: 'pulled', data: new Uint8Array() };
    ask(held(1));
    const current = (unread: readonly number[] = []) => (unread.includes(7) ? undefined : { binding: 'b1', event });
    const pulling = held(2, { current } as Held['pull']);
    ask(pulling);
    ask(pulling, [7]);
    expect(contexts.map(({ binding, event: seen }) => [binding, seen?.type])).toEqual([
      ['b0', 't'],
      ['b1', 'pulled'],
      ['b0', 't'],
    ]);
  });

  it('are refused outside of a call, and where nothing was given', () => {
    expect(recorded(() => new Promise(() => {})).ask(undefined)).toMatchObject([{ kind: 'fault' }]);
    const replies: InvokeReply[] = [];
    new Invocations(undefined).invoke(held(1), { id: 1, call: 1, request }, (reply) => replies.push(reply));
    expect(replies).toMatchObject([{ kind: 'fault' }]);
  });
});
