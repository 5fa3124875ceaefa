import type { Socket } from 'node:net';
import { type Packet, parser, writeToStream } from 'mqtt-packet';
import { Feed, type FeedCounters } from './feed.ts';
import { AnswerBatch, frames, PacketType } from './frames.ts';
import type { SourceOptions } from './options.ts';

export interface ConnectionCounters extends FeedCounters {
  connected(): void;
  published(): void;
}

const HEAD = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 } as const;
const PING_RESPONSE = Buffer.from([0xd0, 0]);
/** A client may have as many under way as it likes, unless it says otherwise; so may a publisher. */
const RECEIVE_MAXIMUM = 65_535;

/** A client of the synthetic broker: one that subscribes is fed, one that publishes is answered. Nothing is routed. */
export function serve(socket: Socket, options: SourceOptions, counters: ConnectionCounters): void {
  const answers = new AnswerBatch();
  let feed: Feed | undefined;
  let most = RECEIVE_MAXIMUM;
  socket.setNoDelay();
  socket.on('error', () => socket.destroy());
  const handshake = (packet: Packet) => {
    if (packet.cmd === 'connect') {
      counters.connected();
      most = packet.properties?.receiveMaximum ?? RECEIVE_MAXIMUM;
      const properties = { receiveMaximum: RECEIVE_MAXIMUM };
      writeToStream({ cmd: 'connack', sessionPresent: false, reasonCode: 0, properties }, socket, {
        protocolVersion: 5,
      });
    } else if (packet.cmd === 'subscribe') {
      const granted = packet.subscriptions.map(() => options.qos);
      writeToStream({ cmd: 'suback', messageId: packet.messageId ?? 0, granted }, socket, { protocolVersion: 5 });
      feed = new Feed(socket, { ...options, window: Math.min(options.window, most) }, counters);
      setImmediate((started: Feed) => started.start(), feed);
    } else if (packet.cmd === 'unsubscribe') {
      const granted = packet.unsubscriptions.map(() => 0);
      writeToStream({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted }, socket, { protocolVersion: 5 });
    }
  };
  const rare = parser({ protocolVersion: 5 });
  rare.on('packet', handshake);
  rare.on('error', () => socket.destroy());

  const answer = (head: number, packetId: number) => {
    const { answerDelay } = options;
    if (answerDelay === undefined) answers.add(head, packetId);
    else setTimeout(() => socket.write(Buffer.from([head, 2, packetId >> 8, packetId & 0xff])), answerDelay);
  };
  const onPublish = (bytes: Buffer, at: number, body: number) => {
    const qos = ((bytes[at] ?? 0) >> 1) & 3;
    if (qos < 2) counters.published();
    if (qos === 0) return;
    answer(qos === 1 ? HEAD.puback : HEAD.pubrec, bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)));
  };
  const onFrame = (bytes: Buffer, at: number, body: number, end: number) => {
    const type = (bytes[at] ?? 0) >> 4;
    if (type === PacketType.puback || type === PacketType.pubcomp) feed?.acknowledged(bytes.readUInt16BE(body));
    else if (type === PacketType.pubrec) answers.add(HEAD.pubrel, bytes.readUInt16BE(body));
    else if (type === PacketType.publish) onPublish(bytes, at, body);
    else if (type === PacketType.pubrel) {
      counters.published();
      answer(HEAD.pubcomp, bytes.readUInt16BE(body));
    } else if (type === PacketType.pingreq) socket.write(PING_RESPONSE);
    else if (type !== PacketType.disconnect) rare.parse(Buffer.from(bytes.subarray(at, end)));
  };
  const onChunk = () => {
    const gathered = answers.take();
    if (gathered !== undefined) socket.write(gathered);
    feed?.fill();
  };
  socket.on('data', frames(onFrame, onChunk));
}
