import { mqttBroker } from '../../src/broker/index.ts';
import type {
  Broker,
  Connected,
  Publisher,
  PublisherOptions,
  PublisherSink,
  Subscriber,
  SubscriberOptions,
  SubscriberSink,
  SubscriptionChange,
} from '../../src/broker.ts';
import type { OutgoingEvent } from '../../src/journal.ts';
import type { HostStatus } from '../../src/status.ts';
import type { BrokerAddress, ConnectionOptions, IncomingMessage, MqttVersion, QoS } from '../../src/types.ts';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { MemoryOutbox } from './memory-outbox.ts';

export function addressOf(
  port: number,
  protocol: BrokerAddress['protocol'] = 'mqtt',
  host = '127.0.0.1',
): BrokerAddress {
  const path = protocol === 'ws' || protocol === 'wss' ? '/' : '';
  return { protocol, host, port, path, display: `${protocol}://${host}:${port}${path}` };
}

export function connectionTo(port: number, options: Partial<ConnectionOptions> = {}): ConnectionOptions {
  return { addresses: [addressOf(port)], keepalive: 30_000, protocol: 5, ...options };
}

let names = 0;
/** A name that no other test uses: for client ids and topics. */
export function fresh(label: string): string {
  return `${label}-${process.pid}-${++names}`;
}

/** A driver, with what it reported. */
export interface TestBroker {
  readonly broker: Broker;
  readonly statuses: HostStatus[];
  of<K extends HostStatus['kind']>(kind: K): Extract<HostStatus, { kind: K }>[];
}

export function testBroker(connectTimeout?: number): TestBroker {
  const statuses: HostStatus[] = [];
  return {
    broker: mqttBroker({ report: (status) => statuses.push(status), connectTimeout }),
    statuses,
    of: <K extends HostStatus['kind']>(kind: K) =>
      statuses.filter((status): status is Extract<HostStatus, { kind: K }> => status.kind === kind),
  };
}

/** A subscriber and everything that its sink was told, in order. */
export class TestSubscriber implements SubscriberSink {
  readonly messages: IncomingMessage[] = [];
  readonly releases: { readonly packetId: number; readonly epoch: number }[] = [];
  readonly connections: Connected[] = [];
  readonly subscriptions: { readonly filters: readonly string[]; readonly granted: readonly QoS[] }[] = [];
  readonly disconnects: string[] = [];
  readonly errors: Error[] = [];
  /** Names of the calls, in order. */
  readonly calls: string[] = [];
  /** What to subscribe to on a session that is not resumed. */
  filters: readonly string[];
  /** What to say on a resumed session. */
  onResume: SubscriptionChange = { unsubscribe: [], subscribe: [] };
  /** Called for each message: acknowledges unless a test wants otherwise. */
  onMessage: (message: IncomingMessage) => void = (message) => this.subscriber.acknowledge(message);
  /** Awaited in `connected` and `connecting`. */
  beforeConnected: () => Promise<void> = async () => {};
  beforeConnecting: () => Promise<void> = async () => {};
  /** Whether released ids are said to be known. */
  known = true;
  readonly subscriber: Subscriber;

  constructor(broker: Broker, filters: readonly string[], options: SubscriberOptions) {
    this.filters = filters;
    this.subscriber = broker.openSubscriber(options, this);
    atEnd(() => this.subscriber.close({ endSession: false, timeout: 500 }));
  }

  async connecting(): Promise<void> {
    this.calls.push('connecting');
    await this.beforeConnecting();
  }

  async connected(connection: Connected): Promise<SubscriptionChange> {
    this.calls.push('connected');
    this.connections.push(connection);
    await this.beforeConnected();
    return connection.sessionPresent ? this.onResume : { unsubscribe: [], subscribe: this.filters };
  }

  async subscribed(filters: readonly string[], granted: readonly QoS[]): Promise<void> {
    this.calls.push('subscribed');
    this.subscriptions.push({ filters, granted });
  }

  repeats(): boolean {
    return false;
  }

  message(message: IncomingMessage): void {
    this.calls.push('message');
    this.messages.push(message);
    this.onMessage(message);
  }

  released(packetId: number, epoch: number): void {
    this.calls.push('released');
    this.releases.push({ packetId, epoch });
    this.subscriber.complete(packetId, epoch, this.known);
  }

  disconnected(reason: string): void {
    this.calls.push('disconnected');
    this.disconnects.push(reason);
  }

  failed(error: Error): void {
    this.calls.push('failed');
    this.errors.push(error);
  }

  texts(): string[] {
    return this.messages.map(({ payload }) => Buffer.from(payload).toString());
  }

  /** Once it has subscribed, or resumed, `times` times. */
  async ready(times = 1): Promise<this> {
    const resumed = () => this.connections.filter(({ sessionPresent }) => sessionPresent).length;
    await eventually(() => this.subscriptions.length + resumed() >= times && this.subscriber.online);
    return this;
  }

  async count(count: number): Promise<readonly IncomingMessage[]> {
    await eventually(() => {
      if (this.messages.length < count) throw new Error(`${this.messages.length} of ${count} messages came`);
      return true;
    });
    return this.messages;
  }

  async error(): Promise<Error> {
    return eventually(() => this.errors[0]);
  }
}

export function openSubscriber(
  broker: Broker,
  connection: ConnectionOptions,
  filters: readonly string[],
  options: Partial<SubscriberOptions> = {},
): TestSubscriber {
  return new TestSubscriber(broker, filters, {
    binding: 'b0',
    connection,
    clientId: fresh('sub'),
    qos: 1,
    sessionExpiry: 60_000,
    maxInFlight: 1000,
    maxBytesInFlight: 64 * 1024 * 1024,
    ...options,
  });
}

/** A publisher and what its sink was told. */
export class TestPublisher implements PublisherSink {
  readonly connections: Connected[] = [];
  readonly disconnects: string[] = [];
  readonly errors: Error[] = [];
  readonly publisher: Publisher;

  constructor(broker: Broker, options: PublisherOptions) {
    this.publisher = broker.openPublisher(options, this);
    atEnd(() => this.publisher.close(0));
  }

  connected(connection: Connected): void {
    this.connections.push(connection);
  }

  disconnected(reason: string): void {
    this.disconnects.push(reason);
  }

  failed(error: Error): void {
    this.errors.push(error);
  }

  /** `timeout` in milliseconds. */
  send(topic: string, text: string, event: Partial<OutgoingEvent> = {}, timeout = 10_000) {
    return this.publisher.publish(outgoing(topic, text, event), timeout);
  }
}

/** An event whose payload on the wire is `text`, at QoS 1 unless told. */
export function outgoing(topic: string, text: string, event: Partial<OutgoingEvent> = {}): OutgoingEvent {
  return {
    topic,
    qos: 1,
    retain: false,
    format: 'raw',
    event: { id: text, source: '/test', type: 'test', data: Buffer.from(text) },
    properties: { userProperties: [] },
    ...event,
  };
}

export function openPublisher(
  broker: Broker,
  connection: ConnectionOptions,
  options: Partial<PublisherOptions> = {},
): TestPublisher {
  return new TestPublisher(broker, {
    binding: 'b0',
    connection,
    clientId: fresh('pub'),
    sessionExpiry: 60_000,
    outbox: new MemoryOutbox(),
    ...options,
  });
}

export const protocolLabel = (version: MqttVersion): string => (version === 5 ? 'MQTT 5' : 'MQTT 3.1.1');
