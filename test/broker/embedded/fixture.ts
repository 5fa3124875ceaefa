import type { IClientOptions, MqttClient } from 'mqtt';
import {
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
  startEmbeddedBroker,
} from '../../../src/broker/embedded/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { type Collector, connectClient, listen } from '../../support/mqtt-client.ts';

/** An embedded broker on a free port, closed with the test. */
export async function embedded(options: Partial<EmbeddedBrokerOptions> = {}): Promise<EmbeddedBroker> {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp', ...options });
  atEnd(() => broker.close());
  return broker;
}

export const v4: IClientOptions = { protocolVersion: 4 };

/** Connects with MQTT 3.1.1; a clean session unless `clientId` names a persistent one. */
export function connect(broker: { url: string }, clientId?: string): Promise<MqttClient> {
  return connectClient(broker.url, clientId === undefined ? v4 : { ...v4, clientId, clean: false });
}

/** Resumes a persistent session, collecting from its first message on. */
export async function resume(
  broker: { url: string },
  clientId: string,
  filter: string,
  prepare?: (client: MqttClient) => void,
): Promise<{ client: MqttClient; seen: Collector }> {
  let seen: Collector | undefined;
  const client = await connectClient(broker.url, { ...v4, clientId, clean: false }, (unconnected) => {
    seen = listen(unconnected, filter);
    prepare?.(unconnected);
  });
  return { client, seen: seen as Collector };
}

/**
 * Sends none of these packets; the messages that they would acknowledge are received all the same. There is no public
 * way to keep mqtt.js from acknowledging on 3.1.1.
 */
export function withhold(client: MqttClient, ...commands: ('puback' | 'pubrec' | 'pubcomp')[]): void {
  const inside = client as unknown as { _sendPacket: (packet: { cmd: string }, sent?: () => void) => void };
  const send = inside._sendPacket.bind(client);
  inside._sendPacket = (packet, sent, ...rest) => {
    if ((commands as string[]).includes(packet.cmd)) sent?.();
    else send(packet, sent, ...rest);
  };
}

export function whenClosed(client: Pick<MqttClient, 'once'>): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

/** Drops the connection without DISCONNECT, and waits until the client has noticed. */
export async function drop(client: MqttClient): Promise<void> {
  const closed = whenClosed(client);
  client.stream.destroy();
  await closed;
}

export function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => String(from + index));
}
