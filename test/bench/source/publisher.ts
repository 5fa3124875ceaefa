/**
 * A publisher for a real broker, in raw packets: `publisher.ts <options as JSON>` ({@link SourceOptions}; `reportPort` is
 * not used). Prints `done` when the broker has acknowledged `total` messages; without `total` it goes on until it is
 * killed.
 */
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import { generate } from 'mqtt-packet';
import { Feed } from './feed.ts';
import { AnswerBatch, frames, PacketType } from './frames.ts';
import type { SourceOptions } from './options.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as SourceOptions;
const CONNACK = 2;
const PUBREL = 0x62;
const PINGREQ = Buffer.from([0xc0, 0]);
const KEEPALIVE = 60;

let acknowledged = 0;
const counters = {
  acknowledged: () => {
    acknowledged++;
    if (acknowledged === options.total) writeSync(1, 'done\n');
  },
};

const socket = connect(options.port, '127.0.0.1');
socket.setNoDelay();
const feed = new Feed(socket, options, counters);
const answers = new AnswerBatch();
const onFrame = (bytes: Buffer, at: number, body: number) => {
  const type = (bytes[at] ?? 0) >> 4;
  if (type === CONNACK) feed.start();
  else if (type === PacketType.puback || type === PacketType.pubcomp) feed.acknowledged(bytes.readUInt16BE(body));
  else if (type === PacketType.pubrec) answers.add(PUBREL, bytes.readUInt16BE(body));
};
socket.on(
  'data',
  frames(onFrame, () => {
    const gathered = answers.take();
    if (gathered !== undefined) socket.write(gathered);
    feed.fill();
  }),
);
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
socket.write(
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clientId: 'source',
    clean: true,
    keepalive: KEEPALIVE,
  }),
);
setInterval(() => socket.write(PINGREQ), (KEEPALIVE * 1_000) / 2);
