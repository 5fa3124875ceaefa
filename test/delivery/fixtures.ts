import type { Connected } from '../../src/broker.ts';
import { Arrival } from '../../src/delivery/arrival.ts';
import type { Spilled } from '../../src/journal.ts';
import type { IncomingMessage } from '../../src/types.ts';
import { binding } from '../support/bindings.ts';

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
  return Arrival.ofMessage(message, event, true);
}

/** A spilled message as a replay adds it. */
export function spilled(topic: string, more: Partial<Omit<Spilled, 'row'>> = {}): Omit<Spilled, 'row'> {
  return {
    topic,
    qos: 1,
    retained: false,
    redelivered: false,
    raw: false,
    event: { id: '1', source: '/s', type: 't', data: Buffer.from('payload') },
    properties: { userProperties: [] },
    attempts: 0,
    firstAt: 0,
    ...more,
  };
}

export const connection = (sessionPresent: boolean, epoch = 1): Connected => ({
  epoch,
  sessionPresent,
  protocol: 5,
  address: binding().connection.addresses[0] as Connected['address'],
});

/** Lets everything run that waits for no timer and no test. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export { binding } from '../support/bindings.ts';
