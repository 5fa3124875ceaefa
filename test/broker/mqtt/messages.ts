import type { IncomingMessage, QoS } from '../../../src/types.ts';

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
