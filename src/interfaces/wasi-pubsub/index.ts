import type { GuestContext } from '../../guest.ts';
import { type Contract, contract } from '../contract.ts';
import { fail, PUBSUB_VERSION, publishAs, toEvent, type WitEvent } from './types.ts';

/** Links, and says so when it is called. */
function notBuiltYet(): Promise<never> {
  return Promise.reject(fail({ tag: 'other', val: 'not built yet' }));
}

function dataBasic(context: GuestContext): Record<string, unknown> {
  return {
    publish: (topic: string, message: WitEvent) => publishAs(context, () => ({ topic, event: toEvent(message) })),
    receive: (_topic: string) => notBuiltYet(),
    stream: (_topic: string) => notBuiltYet(),
  };
}

/** `wasi:pubsub`: what guests import of it. */
export const wasiPubsub: readonly Contract[] = [
  contract('wasi:pubsub/types', PUBSUB_VERSION, () => ({})),
  {
    name: 'wasi:pubsub/data-basic',
    version: PUBSUB_VERSION,
    waits: ['publish', 'receive', 'stream'],
    create: dataBasic,
  },
];
