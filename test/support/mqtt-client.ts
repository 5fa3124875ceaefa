import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { matches } from '../../src/topics.ts';
import type { QoS } from '../../src/types.ts';
import { atEnd } from './cleanup.ts';
import { within } from './eventually.ts';

/** Unless told: `npm run matrix` sets it to 4 at a broker without MQTT 5. */
const VERSION = process.env.MATRIX_PROTOCOL === '4' ? 4 : 5;

/**
 * An outside client, connected: MQTT 5 unless `opts.protocolVersion` is 4. It does not reconnect unless
 * `opts.reconnectPeriod` says so, and is ended with the test. `prepare` is called before it connects: a resumed session
 * may deliver before this returns.
 */
export async function connectClient(
  url: string,
  opts: IClientOptions = {},
  prepare?: (client: MqttClient) => void,
): Promise<MqttClient> {
  const client = mqtt.connect(url, { protocolVersion: VERSION, reconnectPeriod: 0, ...opts });
  prepare?.(client);
  atEnd(() => client.endAsync(true));
  client.on('error', () => {});
  const failed = Promise.withResolvers<never>();
  client.once('error', failed.reject);
  client.once('close', () => failed.reject(new Error(`${url} closed the connection before CONNACK`)));
  const connected = new Promise<MqttClient>((resolve) => client.once('connect', () => resolve(client)));
  return within(Promise.race([connected, failed.promise]), 10_000, `connecting to ${url}`);
}

export interface Received {
  readonly topic: string;
  readonly payload: Buffer;
  /** The payload as UTF-8. */
  readonly text: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly properties: NonNullable<IPublishPacket['properties']>;
}

/** Messages of one filter in order of arrival. */
export interface Collector {
  readonly received: readonly Received[];
  /** Payloads as text. */
  texts(): string[];
  /** The first one that `next` has not returned yet. */
  next(timeout?: number): Promise<Received>;
  /** All so far, as soon as there are at least `count`. */
  until(count: number, timeout?: number): Promise<readonly Received[]>;
}

const SHARED = /^\$share\/[^/]+\//;

/** Collects what arrives for `filter` without subscribing: for sessions that are resumed. */
export function listen(client: MqttClient, filter: string): Collector {
  const plain = filter.replace(SHARED, '');
  const received: Received[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;
  client.on('message', (topic, payload, packet) => {
    if (!matches(plain, topic)) return;
    const { qos, retain, dup, properties = {} } = packet;
    received.push({ topic, payload, text: payload.toString(), qos, retain, dup, properties });
    for (const wake of waiting.splice(0)) wake();
  });
  const until = async (count: number, timeout = 10_000) => {
    let open = true;
    const enough = async () => {
      while (open && received.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return received;
    };
    try {
      return await within(enough(), timeout, () => `${count} messages on ${filter}, ${received.length} came`);
    } finally {
      open = false;
    }
  };
  return {
    received,
    texts: () => received.map(({ text }) => text),
    until,
    next: async (timeout) => {
      const index = taken++;
      return (await until(index + 1, timeout))[index] as Received;
    },
  };
}

/** Subscribes, and collects what arrives for `filter`; resolves after SUBACK. */
export async function collect(client: MqttClient, filter: string, { qos = 1 }: { qos?: QoS } = {}): Promise<Collector> {
  const collector = listen(client, filter);
  await client.subscribeAsync(filter, { qos });
  return collector;
}

export interface PublishSettings {
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: NonNullable<IPublishPacket['properties']>;
}

/** Resolves once the broker has acknowledged at the message's QoS (1 unless told). */
export async function publish(
  client: MqttClient,
  topic: string,
  payload: string | Buffer,
  settings: PublishSettings = {},
): Promise<void> {
  await client.publishAsync(topic, payload, { qos: 1, ...settings });
}
