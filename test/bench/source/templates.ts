import { generate } from 'mqtt-packet';
import type { QoS } from '../../../src/types.ts';

/** Of a CloudEvent's id; the digits are written when the packet is sent. */
const SERIAL = '000000000000';
const SERIAL_AT = Buffer.from(SERIAL);

export interface Templates {
  /** One packet a topic, all of one length. */
  readonly packets: readonly Buffer[];
  readonly length: number;
  /** Offset of the packet id; -1 at qos 0. */
  readonly idAt: number;
  /** Offset of the event's serial number; -1 without CloudEvents properties. */
  readonly serialAt: number;
}

export function topicName(index: number): string {
  return `bench/${String(index).padStart(4, '0')}`;
}

const PROPERTIES = {
  contentType: 'application/octet-stream',
  userProperties: { specversion: '1.0', id: SERIAL, source: '/bench/source', type: 'com.example.bench.measured' },
};

/** PUBLISH packets of MQTT 5 whose packet id and serial number are filled in when they are sent. */
export function templates(qos: QoS, size: number, topics: number, cloudEvents: boolean): Templates {
  const packets = Array.from({ length: topics }, (_, index) =>
    generate(
      {
        cmd: 'publish',
        topic: topicName(index),
        payload: Buffer.alloc(size, 'x'),
        qos,
        messageId: 1,
        dup: false,
        retain: false,
        ...(cloudEvents ? { properties: PROPERTIES } : {}),
      },
      { protocolVersion: 5 },
    ),
  );
  const [first = Buffer.alloc(0)] = packets;
  const topicAt = first.indexOf(topicName(0));
  return {
    packets,
    length: first.length,
    idAt: qos === 0 ? -1 : topicAt + topicName(0).length,
    serialAt: cloudEvents ? first.indexOf(SERIAL_AT) : -1,
  };
}

/** Writes `serial`, in decimal, over the twelve digits at `at`. */
export function writeSerial(bytes: Buffer, at: number, serial: number): void {
  let left = serial;
  for (let digit = at + SERIAL.length - 1; digit >= at && left > 0; digit--) {
    const next = Math.floor(left / 10);
    bytes[digit] = 48 + (left - next * 10);
    left = next;
  }
}
