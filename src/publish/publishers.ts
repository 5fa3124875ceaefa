import type { Broker, Connected, Publisher, PublisherSink } from '../broker.ts';
import type { BindingConfig } from '../config/model.ts';
import { HostError } from '../errors.ts';
import type { Outbox } from '../journal.ts';
import type { Telemetry } from '../status.ts';
import { brokerName } from './routes.ts';
import { groupPublishers, type PublisherSession } from './sessions.ts';

export interface PublishersOptions {
  readonly bindings: readonly BindingConfig[];
  /** The driver of that name. */
  readonly brokerOf: (driver: string) => Broker;
  /** The binding's own client id, from which its publisher session's is made. */
  readonly clientIdOf: (binding: BindingConfig) => string;
  /** The client id that the journal remembers for a session, given the one proposed now, and what it has to send. */
  readonly remembered: (session: PublisherSession) => Promise<RememberedPublisher>;
  /** What a session's broker takes may be known now: its connection is up, or was opened. */
  readonly learned?: (bindings: readonly BindingConfig[], publisher: Publisher) => void;
  readonly telemetry: Telemetry;
  readonly failed: (error: Error) => void;
}

export interface RememberedPublisher {
  readonly clientId: string;
  readonly outbox: Outbox;
}

/** One publisher session, open. */
export interface OpenPublisher extends RememberedPublisher {
  readonly publisher: Publisher;
  /** Its broker's addresses, for reports. */
  readonly broker: string;
  /** The binding whose name it goes by. */
  readonly binding: string;
}

/** The app's publisher sessions. */
export class Publishers {
  readonly #options: PublishersOptions;
  readonly #byBinding = new Map<BindingConfig, OpenPublisher>();

  constructor(options: PublishersOptions) {
    this.#options = options;
  }

  /** Opens every session; resolves before a broker has answered. */
  async open(): Promise<void> {
    const { bindings, brokerOf, clientIdOf, remembered } = this.#options;
    for (const session of groupPublishers(bindings, clientIdOf)) {
      for (const binding of session.unusedWills) this.#warnOfWill(binding);
      const { connection, driver, sessionExpiry } = session;
      const { clientId, outbox } = await remembered(session);
      const binding = session.bindings[0]?.name ?? clientId;
      const options = { binding, connection, clientId, sessionExpiry, outbox };
      const learn = () => this.#options.learned?.(session.bindings, publisher);
      const publisher: Publisher = brokerOf(driver).openPublisher(options, this.#sink(driver, learn));
      learn();
      const opened = { clientId, outbox, publisher, binding, broker: brokerName({ connection }) };
      for (const shared of session.bindings) this.#byBinding.set(shared, opened);
    }
  }

  /** @throws HostError ERR_INTERNAL before {@link open} */
  for(binding: BindingConfig): OpenPublisher {
    const opened = this.#byBinding.get(binding);
    if (opened === undefined) throw new HostError('ERR_INTERNAL', `no publisher for ${brokerName(binding)} yet`);
    return opened;
  }

  all(): readonly OpenPublisher[] {
    return [...new Set(this.#byBinding.values())];
  }

  /** Waits for unanswered publishes, at most `timeout` milliseconds, then disconnects. */
  async close(timeout: number): Promise<void> {
    await Promise.all(this.all().map(({ publisher }) => publisher.close(timeout)));
  }

  #sink(driver: string, learn: () => void): PublisherSink {
    let told = driver !== 'mqtt';
    return {
      connected: ({ protocol, address }: Connected) => {
        learn();
        if (protocol !== 4 || told) return;
        told = true;
        const text = `${address.display} speaks MQTT 3.1.1, where a broker may acknowledge a publish that its access rules drop`;
        this.#options.telemetry.report({ kind: 'notice', level: 'warn', text });
      },
      disconnected: () => {},
      failed: (error) => this.#options.failed(error),
    };
  }

  #warnOfWill({ name }: BindingConfig): void {
    const text = "its will is not used: an earlier publish-only binding's has the publisher session that they share";
    this.#options.telemetry.report({ kind: 'notice', level: 'warn', binding: name, text });
  }
}
