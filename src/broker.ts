/**
 * The port through which folders use a broker: drivers under `broker/` implement it. Durations are milliseconds and
 * sizes bytes unless a name says otherwise.
 */
import type { Outbox, OutgoingEvent } from './journal.ts';
import type {
  BrokerAddress,
  ConnectionOptions,
  IncomingMessage,
  MqttVersion,
  PubsubError,
  QoS,
  Result,
} from './types.ts';

export interface SubscriberOptions {
  /** The binding's name, for messages. */
  readonly binding: string;
  readonly connection: ConnectionOptions;
  readonly clientId: string;
  readonly qos: QoS;
  /** 0: a clean session that ends with the connection. */
  readonly sessionExpiry: number;
  /** The bound on messages that are handed over and not acknowledged. */
  readonly maxInFlight: number;
  readonly maxBytesInFlight: number;
}

/** What a CONNACK granted. */
export interface Connected {
  readonly epoch: number;
  readonly sessionPresent: boolean;
  readonly protocol: MqttVersion;
  readonly address: BrokerAddress;
}

/** What has to be said to the broker before a session carries the wanted filters. */
export interface SubscriptionChange {
  readonly unsubscribe: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * What a {@link Subscriber} calls. `connected` is awaited before anything of that connection is handed on, so
 * messages and releases come in wire order after it resolved.
 */
export interface SubscriberSink {
  /** Before each CONNECT; the CONNECT waits for it (DELIVERY, "Connecting"). */
  connecting(): Promise<void>;
  connected(connection: Connected): Promise<SubscriptionChange>;
  /** After SUBACK and UNSUBACK; `granted` is aligned with the filters asked for. */
  subscribed(filters: readonly string[], granted: readonly QoS[]): Promise<void>;
  message(message: IncomingMessage): void;
  /** Whether a message only repeats one that is under way: it takes that one's place, so a full window lets it in. */
  repeats(message: IncomingMessage): boolean;
  /** PUBREL: answer with {@link Subscriber.complete}. */
  released(packetId: number, epoch: number): void;
  disconnected(reason: string): void;
  /** Fatal: the session is over and does not come back. */
  failed(error: Error): void;
}

/** One subscription's MQTT session. Reconnects by itself until it is closed or failed. */
export interface Subscriber {
  readonly online: boolean;
  /**
   * The message is done with: PUBACK or PUBREC goes out in arrival order, on the connection it came in on, and never
   * on another [MQTT-4.6.0-2, -3]. It leaves the window when its acknowledgement is written; at QoS 0, or once its
   * connection is gone, at once.
   */
  acknowledge(message: IncomingMessage): void;
  /** PUBCOMP; where the id is not `known`, with reason 0x92 on MQTT 5 [MQTT 5, 4.3.3]. */
  complete(packetId: number, epoch: number, known: boolean): void;
  /** What is in the window: handed over, and its acknowledgement not written yet. */
  readonly inFlight: { readonly messages: number; readonly bytes: number };
  /** The window is at least half full: acknowledgements go out in order, so one that waits will soon stop all. */
  readonly crowded: boolean;
  /**
   * True once a PINGREQ sent now was answered: what the broker had to send before was handed over. False where the
   * session is not up, or the connection ends first.
   */
  sync(): Promise<boolean>;
  /** Holds reading back (TCP backpressure, pings go on) until {@link resume}. */
  pause(): void;
  resume(): void;
  /** From now on a PUBLISH is neither looked at nor acknowledged; acknowledgements and releases go on. */
  stopIntake(): void;
  unsubscribe(filters: readonly string[]): Promise<void>;
  /** Flushes what is acknowledged and sends DISCONNECT; `endSession` also ends the session at the broker. Resolves within `timeout`. */
  close(options: { readonly endSession: boolean; readonly timeout: number }): Promise<void>;
}

export interface PublisherOptions {
  /** For messages: the binding whose session this is; the client id where it is left out. */
  readonly binding?: string | undefined;
  readonly connection: ConnectionOptions;
  readonly clientId: string;
  readonly sessionExpiry: number;
  /** What the session sends, and what outlives the process of it. */
  readonly outbox: Outbox;
}

export interface PublisherSink {
  connected(connection: Connected): void;
  disconnected(reason: string): void;
  failed(error: Error): void;
}

/** One publishing MQTT session: one for each broker and credentials. */
export interface Publisher {
  readonly online: boolean;
  /** What the session speaks now; undefined before the first CONNACK. */
  readonly protocol: MqttVersion | undefined;
  /** Resolves when the session is up, rejects never; resolves at once when it is. */
  whenOnline(): Promise<void>;
  /**
   * Why the session could not send the event, by what is known now: no packet can carry it, the protocol has no place
   * for its options, or the broker takes none that large.
   */
  check(event: OutgoingEvent): PubsubError | undefined;
  /**
   * Resolves with the broker's verdict at the event's QoS. `connection` when the session was offline for `timeout`,
   * `timeout` when it was sent and not answered (DELIVERY, "Effects are publishes"). At QoS 2 it is journaled first.
   */
  publish(event: OutgoingEvent, timeout: number): Promise<Result<void, PubsubError>>;
  /** Waits until unanswered publishes and the outbox are done with, at most `timeout`, then disconnects. */
  close(timeout: number): Promise<void>;
}

/** Opens sessions. Opening never rejects; what goes wrong later reaches the sink. */
export interface Broker {
  /** Url schemes, without the colon. */
  readonly schemes: readonly string[];
  /** Whether messages and publishes at qos 2 take effect exactly once, over lost connections too (DELIVERY, "Out"). */
  readonly keepsQos2: boolean;
  openSubscriber(options: SubscriberOptions, sink: SubscriberSink): Subscriber;
  openPublisher(options: PublisherOptions, sink: PublisherSink): Publisher;
}

/**
 * A driver given to `createHost`: bindings under `[[capability]] name = "pubsub.<name>"` with urls of its schemes are
 * its sessions. The host watches it: what it throws, a promise that it does not settle, and a call out of order end the
 * host with ERR_BROKER_DRIVER. It may open sessions for several hosts at once.
 */
export interface Driver extends Broker {
  /** Small letters, digits and "-". `mqtt` takes the place of the MQTT driver. */
  readonly name: string;
}
