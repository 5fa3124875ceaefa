import type { DeliveryInfo, GuestContext, PublishRequest } from '../../src/guest.ts';
import type { PubsubError, PubsubEvent, Result } from '../../src/types.ts';

export type Output = Parameters<GuestContext['output']>;

export interface FakeContext extends GuestContext {
  readonly published: PublishRequest[];
  readonly outputs: Output[];
  /** What publish resolves with, or does. */
  verdict: Result<void, PubsubError> | (() => never);
  /** What receive resolves with, or does; a stream has it once. */
  pulled: Result<PubsubEvent, PubsubError> | (() => never);
  delivery: DeliveryInfo | undefined;
}

async function* once(event: PubsubEvent): AsyncGenerator<PubsubEvent> {
  yield event;
}

/** A guest's context that records what reaches it. */
export function fakeContext(given: Partial<Pick<GuestContext, 'env' | 'args'>> = {}): FakeContext {
  const context: FakeContext = {
    env: {},
    args: ['guest.wasm'],
    mayWait: true,
    published: [],
    outputs: [],
    verdict: { ok: true, value: undefined },
    pulled: { ok: false, error: { tag: 'timeout' } },
    delivery: undefined,
    ...given,
    publish: async (request) => {
      context.published.push(request);
      return typeof context.verdict === 'function' ? context.verdict() : context.verdict;
    },
    receive: async () => (typeof context.pulled === 'function' ? context.pulled() : context.pulled),
    stream: async () => {
      const pulled = typeof context.pulled === 'function' ? context.pulled() : context.pulled;
      return pulled.ok ? { ok: true, value: once(pulled.value) } : pulled;
    },
    invoke: async () => ({ kind: 'fault', message: 'nothing was given' }),
    current: () => context.delivery,
    output: (...output) => {
      context.outputs.push(output);
    },
  };
  return context;
}

/** The typed error that `action` fails with; a promise's too. Fails the test when there is none. */
export async function payloadOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (thrown) {
    if (thrown instanceof Error && Object.hasOwn(thrown, 'payload'))
      return (thrown as unknown as { payload: unknown }).payload;
    throw thrown;
  }
  throw new Error('expected a typed error, found none');
}
