import type { Broker, Connected, Subscriber, SubscriberSink, SubscriptionChange } from '../broker.ts';
import { messageOf } from '../errors.ts';
import type { RememberedSession, Sessions } from '../journal.ts';
import type { Telemetry } from '../status.ts';
import type { ConnectionOptions } from '../types.ts';

/** How long ending one forgotten session may take once the broker answers, in milliseconds. */
const CLOSE_TIMEOUT = 5_000;

export interface FarewellParts {
  readonly session: RememberedSession;
  readonly connection: ConnectionOptions;
  readonly broker: Broker;
  readonly sessions: Sessions;
  readonly telemetry: Telemetry;
}

/**
 * The session of a binding that is gone from the config: connected once, unsubscribed and ended, or the broker would
 * queue for it for ever. While its broker cannot be reached it stays remembered (DELIVERY, "Identity").
 */
export class Farewell implements SubscriberSink {
  readonly #parts: FarewellParts;
  readonly #subscriber: Subscriber;
  #ending: Promise<void> | undefined;

  constructor(parts: FarewellParts) {
    this.#parts = parts;
    const { session, connection, broker } = parts;
    const options = { binding: session.binding, connection, clientId: session.clientId, qos: session.qos };
    // An expiry other than 0 makes the broker hand over the old session instead of a clean one.
    const bounds = { sessionExpiry: 60_000, maxInFlight: 1, maxBytesInFlight: 1_048_576 };
    this.#subscriber = broker.openSubscriber({ ...options, ...bounds }, this);
    this.#subscriber.stopIntake();
  }

  /** Gives up where the broker has not answered; waits for the end of a farewell under way. */
  async close(): Promise<void> {
    this.#ending ??= this.#subscriber.close({ endSession: false, timeout: 0 });
    await this.#ending;
  }

  async connecting(): Promise<void> {}

  async connected(connection: Connected): Promise<SubscriptionChange> {
    const unsubscribe = connection.sessionPresent ? this.#parts.session.subscribed : [];
    if (unsubscribe.length === 0) this.#end();
    return { unsubscribe, subscribe: [] };
  }

  async subscribed(): Promise<void> {
    this.#end();
  }

  message(): void {}

  repeats(): boolean {
    return false;
  }

  released(packetId: number, epoch: number): void {
    this.#subscriber.complete(packetId, epoch, false);
  }

  disconnected(): void {}

  failed(error: Error): void {
    const { session, telemetry } = this.#parts;
    const text = `the session "${session.clientId}" of a binding that is gone could not be ended: ${error.message}`;
    telemetry.report({ kind: 'notice', level: 'warn', binding: session.binding, text });
  }

  #end(): void {
    this.#ending ??= this.#finish();
  }

  async #finish(): Promise<void> {
    const { session, sessions, telemetry } = this.#parts;
    try {
      await this.#subscriber.close({ endSession: true, timeout: CLOSE_TIMEOUT });
      await sessions.forget(session.clientId, session.broker);
    } catch (error) {
      this.failed(error instanceof Error ? error : new Error(messageOf(error)));
      return;
    }
    const text =
      `the session "${session.clientId}" at ${session.broker}, which no binding of the configuration has any more, was ` +
      'unsubscribed and ended, and with it went what the broker still held for it';
    telemetry.report({ kind: 'notice', level: 'warn', binding: session.binding, text });
  }
}
