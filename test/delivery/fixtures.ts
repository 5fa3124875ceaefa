import type { Arrival } from '../../src/delivery/arrival.ts';
import type { IncomingMessage } from '../../src/types.ts';

export function incoming(topic: string, more: Partial<IncomingMessage> = {}): IncomingMessage {
  return {
    topic,
    payload: Buffer.from('payload'),
    properties: { userProperties: [] },
    qos: 1,
    retained: false,
    dup: false,
    packetId: 1,
    epoch: 1,
    ...more,
  };
}

export function arrival(topic: string, more: Partial<IncomingMessage> = {}): Arrival {
  const message = incoming(topic, more);
  const event = { id: '1', source: topic, type: 'mqtt.message', data: message.payload };
  return { message, event, attempts: 0, arrivedAt: 0, brokerAway: undefined };
}

export { binding } from '../support/bindings.ts';
