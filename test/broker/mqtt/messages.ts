import type { IncomingMessage, OutgoingMessage, QoS } from '../../../src/types.ts';

/** A message as a link hands it over. */
export function incoming(packetId: number, qos: QoS = 1, bytes = 10, epoch = 1): IncomingMessage {
  return {
    topic: 't',
    payload: Buffer.alloc(bytes),
    properties: { userProperties: [] },
    qos,
    retained: false,
    dup: false,
    packetId,
    epoch,
  };
}

/** A message as it is encoded, at QoS 1 unless told. */
export function encoded(topic: string, text: string, message: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    topic,
    payload: Buffer.from(text),
    qos: 1,
    retain: false,
    properties: { userProperties: [] },
    ...message,
  };
}
