import type { Broker, Publisher, PublisherOptions, PublisherSink, Subscriber } from '../../src/broker.ts';
import type { BindingConfig } from '../../src/config/model.ts';
import type { OutgoingEvent } from '../../src/journal.ts';
import type { HostStatus, Telemetry } from '../../src/status.ts';
import type { BrokerAddress, MqttVersion, PubsubError, Result } from '../../src/types.ts';
import { binding as anyBinding } from '../support/bindings.ts';

export function address(host: string): BrokerAddress {
  return { protocol: 'mqtt', host, port: 1883, path: '', display: `tcp://${host}:1883` };
}

export function binding(name: string, more: Partial<BindingConfig> = {}): BindingConfig {
  return anyBinding({
    name,
    named: true,
    connection: { addresses: [address('localhost')], keepalive: 30_000, protocol: 5 },
    kind: 'queue',
    filters: ['in/#'],
    sessionExpiry: 1_000,
    ...more,
  });
}

/** A publisher whose session and answers the test decides. */
export class FakePublisher implements Publisher {
  protocol: MqttVersion | undefined = 5;
  online = true;
  readonly sent: { readonly event: OutgoingEvent; readonly timeout: number }[] = [];
  readonly closed: number[] = [];
  unfit: PubsubError | undefined;
  answer: () => Promise<Result<void, PubsubError>> = async () => ({ ok: true, value: undefined });

  async whenOnline(): Promise<void> {}

  check(): PubsubError | undefined {
    return this.unfit;
  }

  publish(event: OutgoingEvent, timeout: number): Promise<Result<void, PubsubError>> {
    this.sent.push({ event, timeout });
    return this.answer();
  }

  async close(timeout: number): Promise<void> {
    this.closed.push(timeout);
  }
}

/** A driver that opens {@link FakePublisher}s. */
export class FakeBroker implements Broker {
  readonly schemes = ['mqtt'];
  readonly keepsQos2 = true;
  readonly opened: {
    readonly options: PublisherOptions;
    readonly sink: PublisherSink;
    readonly publisher: FakePublisher;
  }[] = [];

  openSubscriber(): Subscriber {
    throw new Error('nothing subscribes here');
  }

  openPublisher(options: PublisherOptions, sink: PublisherSink): FakePublisher {
    const publisher = new FakePublisher();
    this.opened.push({ options, sink, publisher });
    return publisher;
  }
}

export class RecordingTelemetry implements Telemetry {
  readonly statuses: HostStatus[] = [];
  report(status: HostStatus): void {
    this.statuses.push(status);
  }
  wants(): boolean {
    return true;
  }
}
