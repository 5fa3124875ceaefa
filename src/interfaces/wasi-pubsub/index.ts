import type { GuestContext } from '../../guest.ts';
import { type Contract, contract } from '../contract.ts';
import { answered, PUBSUB_VERSION, publishAs, toEvent, type WitEvent } from './types.ts';

function dataBasic(context: GuestContext): Record<string, unknown> {
  return {
    publish: (topic: string, message: WitEvent) => publishAs(context, () => ({ topic, event: toEvent(message) })),
    receive: (topic: string) => answered(context, () => context.receive(topic)),
    stream: (topic: string) => answered(context, () => context.stream(topic)),
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
