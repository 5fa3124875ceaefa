import { WriteBatch } from '../../../../src/broker/mqtt/wire/write-batch.ts';
import { writePublish } from '../../../../src/broker/mqtt/wire/write-publish.ts';
import type { MqttVersion, OutgoingMessage } from '../../../../src/types.ts';

/** The PUBLISH of a message as it is written. */
export function publishBytes(message: OutgoingMessage, packetId: number, dup: boolean, protocol: MqttVersion): Buffer {
  const written: Buffer[] = [];
  const batch = new WriteBatch((bytes) => written.push(bytes));
  writePublish(batch, message, packetId, dup, protocol);
  batch.flush();
  return Buffer.concat(written);
}
