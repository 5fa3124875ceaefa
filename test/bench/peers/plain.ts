/**
 * The user's alternative, a program on mqtt.js with a handler: `plain.ts <url> <metrics port> <qos> <variant>`.
 *
 * At qos 0 and 2 it is mqtt.js as it stands. At qos 1 it acknowledges after its handler, as the host does, which mqtt.js
 * can do in two ways: `handleMessage` or, on MQTT 5, `customHandleAcks`. The variants: `stock` is the library's own
 * settings, `tuned` has no debug log and no Nagle; with `-acks` the second way.
 */
import type { Socket } from 'node:net';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { QoS } from '../../../src/types.ts';
import { count, tell } from './counting.ts';

export type Handler = (topic: string, payload: Buffer) => void;
export type AsyncHandler = (topic: string, payload: Buffer) => Promise<void>;

function handler(_topic: string, payload: Buffer): void {
  if (payload.length > 0) count();
}

const settingsOf = (variant: string): IClientOptions => ({
  protocolVersion: 5,
  clientId: 'plain',
  clean: false,
  reconnectPeriod: 0,
  properties: { sessionExpiryInterval: 600 },
  ...(variant.startsWith('tuned') ? { log: () => {} } : {}),
});

function open(url: string, qos: QoS, variant: string, settings: IClientOptions): MqttClient {
  const client = connect(url, settings);
  client.on('connect', ({ sessionPresent }) => {
    if (variant.startsWith('tuned')) (client.stream as Socket).setNoDelay(true);
    if (sessionPresent) process.stdout.write('resumed\n');
    else client.subscribe('bench/#', { qos }, () => process.stdout.write('subscribed to bench/#\n'));
  });
  client.on('error', (error) => process.stderr.write(`${error.message}\n`));
  process.on('SIGTERM', () => client.end(false, () => process.exit(0)));
  return client;
}

/** Connects, subscribes and hands each message to `handle`, which throws where it failed. */
export function subscribe(url: string, qos: QoS, variant: string, handle: Handler): void {
  const settings = settingsOf(variant);
  if (qos === 1 && variant.endsWith('acks'))
    settings.customHandleAcks = (topic, payload, _packet, done) => {
      handle(topic, payload);
      done(0);
    };
  const client = open(url, qos, variant, settings);
  if (qos !== 1) client.on('message', handle);
  else if (!variant.endsWith('acks'))
    client.handleMessage = (packet, done) => {
      handle(packet.topic, packet.payload as Buffer);
      done();
    };
}

/** The same with a handler that waits: one message at a time, acknowledged afterwards where mqtt.js can do that. */
export function subscribeAsync(url: string, qos: QoS, variant: string, handle: AsyncHandler): void {
  const client = open(url, qos, variant, settingsOf(variant));
  client.handleMessage = (packet, done) => {
    handle(packet.topic, packet.payload as Buffer).then(() => done(), done);
  };
}

if (import.meta.main) {
  const [url = '', port = '0', qos = '0', variant = 'stock'] = process.argv.slice(2);
  tell(Number(port));
  subscribe(url, Number(qos) as QoS, variant, handler);
}
