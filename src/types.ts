/**
 * The domain: values that cross folders, and the ports through which one folder uses a broker or the journal. What
 * passes between host and guest is in `guest.ts`, what the host tells the outside in `status.ts`.
 * Durations are milliseconds and sizes bytes unless a name says otherwise.
 */

export type QoS = 0 | 1 | 2;
export type MqttVersion = 5 | 4;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** A CloudEvents 1.0 context attribute's value as it is kept between arrival and forwarding. */
export type AttributeValue = string | number | boolean;

/** One event: the four attributes that `wasi:pubsub/types.event` holds, and the others beside them. */
export interface PubsubEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: Uint8Array;
  /** `time`, `subject`, `datacontenttype`, `dataschema` and extensions: what the WIT record cannot hold. */
  readonly attributes?: Readonly<Record<string, AttributeValue>> | undefined;
}

/** `wasi:pubsub/types.error`, case for case. */
export type PubsubError =
  | { readonly tag: 'timeout' }
  | {
      readonly tag: 'connection' | 'permission-denied' | 'invalid-argument' | 'rejected' | 'other';
      readonly val: string;
    };

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** MQTT 5 properties that travel with an application message; on 3.1.1 all are absent. */
export interface MessageProperties {
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  /** Message expiry interval, in seconds [MQTT-3.3.2.3.3]. */
  readonly expiry?: number | undefined;
  readonly userProperties: readonly (readonly [string, string])[];
}

/** An application message as a broker carries it. */
export interface WireMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties: MessageProperties;
}

export interface OutgoingMessage extends WireMessage {
  readonly qos: QoS;
  readonly retain: boolean;
}

/** A PUBLISH that arrived, with what its acknowledgement needs. */
export interface IncomingMessage extends WireMessage {
  readonly qos: QoS;
  readonly retained: boolean;
  readonly dup: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  /** Counts the connections of a session in this process: an acknowledgement is only valid on its own. */
  readonly epoch: number;
}

// ---------------------------------------------------------------- port: Broker

export interface BrokerAddress {
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss';
  readonly host: string;
  readonly port: number;
  /** Path of a WebSocket url, with its leading slash; empty for TCP. */
  readonly path: string;
  /** As the user wrote it, without its user and password: fit for logs. */
  readonly display: string;
}

export interface TlsOptions {
  /** PEM text. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly insecure: boolean;
}

export interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

export interface ConnectionOptions {
  /** Tried in turn, from the first again after the last. */
  readonly addresses: readonly BrokerAddress[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly keepalive: number;
  readonly will?: Will | undefined;
  /** 5 falls back to 4 (3.1.1) only where a CONNACK refuses the version. */
  readonly protocol: MqttVersion;
}

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
   * on another [MQTT-4.6.0-2, -3]. At QoS 0, or once its connection is gone, this only makes room in the window.
   */
  acknowledge(message: IncomingMessage): void;
  /** PUBCOMP. */
  complete(packetId: number, epoch: number): void;
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
   * Resolves with the broker's verdict at the message's QoS. `connection` when the session was offline for `timeout`,
   * `timeout` when it was sent and not answered (DELIVERY, "Effects are publishes").
   */
  publish(message: OutgoingMessage, timeout: number): Promise<Result<void, PubsubError>>;
  /** Waits for unanswered publishes, at most `timeout`, then disconnects. */
  close(timeout: number): Promise<void>;
}

/** A driver: opens sessions. Opening never rejects; what goes wrong later reaches the sink. */
export interface Broker {
  /** Url schemes, without the colon. */
  readonly schemes: readonly string[];
  readonly keepsQos2: boolean;
  openSubscriber(options: SubscriberOptions, sink: SubscriberSink): Subscriber;
  openPublisher(options: PublisherOptions, sink: PublisherSink): Publisher;
}

// ---------------------------------------------------------------- ports: the journal

/** What the journal remembers of one subscriber session. */
export interface RememberedSession {
  readonly clientId: string;
  readonly binding: string;
  readonly kind: 'queue' | 'topic';
  /** The broker's addresses as {@link BrokerAddress.display}, joined by a space; without secrets. */
  readonly broker: string;
  readonly protocol: MqttVersion;
  readonly qos: QoS;
  /** Filters as the config has them, without `$share`. */
  readonly filters: readonly string[];
  /** Filters as the broker has them; empty until SUBACK. */
  readonly subscribed: readonly string[];
  readonly inDoubt: boolean;
}

export interface Sessions {
  /** 8 characters, made once for each state_dir. */
  readonly instance: string;
  /** True when this start made the state_dir. */
  readonly fresh: boolean;
  all(): readonly RememberedSession[];
  /** A session is known by its client id and its broker: one client id may have had sessions on two brokers. */
  get(clientId: string, broker: string): RememberedSession | undefined;
  /** Resolves after the commit. */
  save(session: RememberedSession): Promise<void>;
  forget(clientId: string, broker: string): Promise<void>;
}

export interface DeadLetter {
  readonly binding: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly event: PubsubEvent;
  readonly properties: MessageProperties;
  readonly error: string;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly firstAt: number;
  readonly deadAt: number;
}

export interface DeadLetters {
  /** Resolves after the commit: only then may the message be acknowledged. */
  add(letter: DeadLetter): Promise<void>;
  list(): readonly (DeadLetter & { readonly id: number })[];
  /** Deletes those that died before `before` (milliseconds since the epoch); returns how many. */
  expire(before: number): Promise<number>;
}
