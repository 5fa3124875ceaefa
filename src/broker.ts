/**
 * The port through which folders use a broker: drivers under `broker/` and those given to `createHost` implement it.
 * Durations are milliseconds and sizes bytes unless a name says otherwise.
 *
 * The order of a session, which drivers have to keep:
 * 1. `connecting()` is awaited before each attempt to connect.
 * 2. Once connected, `connected()` is told whether the broker knows the session still, and awaited. Nothing of the
 *    connection is handed on before.
 * 3. What `connected()` asks for is unsubscribed and subscribed, then `subscribed()` is called; messages may come before.
 * 4. `disconnected()` ends the connection, and it starts again at 1, with a higher epoch, until `close` or `failed()`.
 *
 * Where the host cannot go on, the promises that a driver is given stay pending until it is closed.
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

/** What a {@link Subscriber} is opened with. */
export interface SubscriberOptions {
  /** The binding's name, for messages. */
  readonly binding: string;
  readonly connection: ConnectionOptions;
  /** Names the session at the broker, over restarts too. */
  readonly clientId: string;
  /** That of all subscriptions: no message comes with a higher one. */
  readonly qos: QoS;
  /** 0: a clean session that ends with the connection. */
  readonly sessionExpiry: number;
  /** The bound on messages that are handed over and not acknowledged, those of QoS 0 included. */
  readonly maxInFlight: number;
  /** The same for their payloads; one larger message goes through alone. */
  readonly maxBytesInFlight: number;
}

/** What a CONNACK granted. */
export interface Connected {
  /** Counts the connections of a session in this process, from 1: what belongs to one is never used on another. */
  readonly epoch: number;
  /**
   * The broker still has the session of this client id, with its filters and what was not acknowledged. Saying so
   * wrongly loses messages or repeats them.
   */
  readonly sessionPresent: boolean;
  /** 5 where messages carry a content type and user properties, so that events are sent in binary mode; else 4. */
  readonly protocol: MqttVersion;
  /** The one of the binding's addresses that it is connected to. */
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
  /**
   * After CONNACK. Filters of the answer may be shared subscriptions, `$share/<group>/<filter>`: one member of the group
   * gets each message. A driver that has none fails the session.
   */
  connected(connection: Connected): Promise<SubscriptionChange>;
  /**
   * After SUBACK and UNSUBACK, where anything was to be changed. `granted` is aligned with the filters subscribed to; a
   * QoS below the one asked for fails the session.
   */
  subscribed(filters: readonly string[], granted: readonly QoS[]): Promise<void>;
  /**
   * A PUBLISH. Each is acknowledged once, whenever the host is done with it. One that was not acknowledged when its
   * connection ended comes again once the session is resumed, with DUP and under the same packet id. Packet ids of
   * messages that are not acknowledged differ.
   */
  message(message: IncomingMessage): void;
  /** Whether a message only repeats one that is under way: it takes that one's place, so a full window lets it in. */
  repeats(message: IncomingMessage): boolean;
  /** PUBREL: answer with {@link Subscriber.complete}. */
  released(packetId: number, epoch: number): void;
  /** The connection ended, or an attempt failed; `reason` is for the log. */
  disconnected(reason: string): void;
  /** Fatal: the session is over and does not come back. */
  failed(error: Error): void;
}

/** One subscription's MQTT session. Reconnects by itself until it is closed or failed. */
export interface Subscriber {
  /** Connected, and `connected()` has resolved. */
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
  /** Also before the session is up. From now on a PUBLISH is neither looked at nor acknowledged; acknowledgements and releases go on. */
  stopIntake(): void;
  /** Resolves after UNSUBACK; rejects where the session is not up, or the broker refuses. */
  unsubscribe(filters: readonly string[]): Promise<void>;
  /** Flushes what is acknowledged and sends DISCONNECT; `endSession` also ends the session at the broker. Resolves within `timeout`. */
  close(options: { readonly endSession: boolean; readonly timeout: number }): Promise<void>;
}

/** What a {@link Publisher} is opened with. */
export interface PublisherOptions {
  /** For messages: the binding whose session this is; the client id where it is left out. */
  readonly binding?: string | undefined;
  readonly connection: ConnectionOptions;
  readonly clientId: string;
  readonly sessionExpiry: number;
  /**
   * What the session sends, and what outlives the process of it (DELIVERY, "Out"). `connecting()` is awaited before each
   * attempt to connect, `connected()` before anything is sent; then the rows of `ready()` go out in order, and those
   * that the listener of `onReady` is told of after them. `delete` once the broker has a row; `refuse` where it never
   * will: each row ends once.
   */
  readonly outbox: Outbox;
}

/** What a {@link Publisher} calls. */
export interface PublisherSink {
  /** After `outbox.connected()` has resolved. */
  connected(connection: Connected): void;
  disconnected(reason: string): void;
  failed(error: Error): void;
}

/** One publishing MQTT session: one for each broker and credentials. */
export interface Publisher {
  /** What is published now is sent at once. */
  readonly online: boolean;
  /** What the session speaks now; undefined before the first CONNACK. */
  readonly protocol: MqttVersion | undefined;
  /** Resolves when the session is up, or closed; rejects never; resolves at once when it is. */
  whenOnline(): Promise<void>;
  /**
   * Why the session could not send the event, by what is known now: no packet can carry it, the protocol has no place
   * for its options, or the broker takes none that large.
   */
  check(event: OutgoingEvent): PubsubError | undefined;
  /**
   * Resolves with the broker's verdict at the event's QoS. `connection` when the session was offline for `timeout`,
   * `timeout` when it was sent and not answered (DELIVERY, "Effects are publishes"). At QoS 2 it is journaled first.
   * Never rejects.
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
 * its sessions. The host watches it: what it throws, a promise that it does not settle, and a call out of order are fatal,
 * ERR_BROKER_DRIVER. It may open sessions for several hosts at once.
 */
export interface Driver extends Broker {
  /** Small letters, digits and "-". `mqtt` takes the place of the MQTT driver. */
  readonly name: string;
}
