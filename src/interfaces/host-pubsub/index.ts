import { type Contract, contract } from '../contract.ts';
import { delivery } from './delivery.ts';
import { publisher } from './publisher.ts';

const VERSION = '0.1.0';

/** `host:pubsub`: what MQTT knows beyond the event. */
export const hostPubsub: readonly Contract[] = [
  contract('host:pubsub/delivery', VERSION, delivery),
  { name: 'host:pubsub/publisher', version: VERSION, waits: ['publish-with'], create: publisher },
];
