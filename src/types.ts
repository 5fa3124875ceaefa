/**
 * The domain: values that cross folders. What passes between host and guest is in `guest.ts`, the port to brokers in
 * `broker.ts`, the ports of the journal in `journal.ts`, what the host tells the outside in `status.ts`.
 * Durations are milliseconds and sizes bytes unless a name says otherwise.
 */

/** MQTT's quality of service: at most once, at least once, effectively once [MQTT 5, 4.3]. */
export type QoS = 0 | 1 | 2;
/** The protocol level of a CONNECT: 5, or 4 for MQTT 3.1.1. */
export type MqttVersion = 5 | 4;
/** From the most talkative to the gravest. */
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

/** An id that the host gave: of many, what all have in common is one text. */
export interface CountedId {
  readonly head: string;
  readonly count: number;
}

/** `wasi:pubsub/types.error`, case for case. */
export type PubsubError =
  | { readonly tag: 'timeout' }
  | {
      readonly tag: 'connection' | 'permission-denied' | 'invalid-argument' | 'rejected' | 'other';
      readonly val: string;
    };

/** What went well, or why it did not. */
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

/** A PUBLISH to be sent. */
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

// ---------------------------------------------------------------- connections

/** One url of a binding. */
export interface BrokerAddress {
  /** `other`: a scheme that only a driver given to the library knows; `display` has it. */
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss' | 'other';
  readonly host: string;
  /** 0 where a url of protocol `other` names none. */
  readonly port: number;
  /** Path and query of a WebSocket or `other` url, with its leading slash; empty for TCP. */
  readonly path: string;
  /** As the user wrote it, without its user and password: fit for logs. */
  readonly display: string;
}

/** What a TLS connection is checked with and proves itself by. */
export interface TlsOptions {
  /** PEM text. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly insecure: boolean;
}

/** What the broker publishes when the connection is lost [MQTT 5, 3.1.2.5]. */
export interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

/** How a binding's sessions reach their broker. */
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
