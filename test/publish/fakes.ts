import type { BindingConfig } from '../../src/config/model.ts';
import type { HostStatus, Telemetry } from '../../src/status.ts';
import type { BrokerAddress, MqttVersion, OutgoingMessage, Publisher, PubsubError, Result } from '../../src/types.ts';
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
  protocol: MqttVersion | undefined;
  readonly sent: { message: OutgoingMessage; timeout: number }[] = [];
  answer: () => Promise<Result<void, PubsubError>> = async () => ({ ok: true, value: undefined });
  /** How often somebody waits for the session. */
  waits = 0;
  readonly #online = Promise.withResolvers<void>();

  constructor(protocol?: MqttVersion) {
    this.protocol = protocol;
  }

  get online(): boolean {
    return this.protocol !== undefined;
  }

  connect(protocol: MqttVersion): void {
    this.protocol = protocol;
    this.#online.resolve();
  }

  whenOnline(): Promise<void> {
    this.waits++;
    return this.#online.promise;
  }

  publish(message: OutgoingMessage, timeout: number): Promise<Result<void, PubsubError>> {
    this.sent.push({ message, timeout });
    return this.answer();
  }

  async close(): Promise<void> {}
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
