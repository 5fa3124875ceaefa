import type { IClientOptions } from 'mqtt';
import type { BrokerAddress, ConnectionOptions, MqttVersion } from '../../../types.ts';

/** One CONNECT. */
export interface ConnectRequest {
  readonly address: BrokerAddress;
  readonly connection: ConnectionOptions;
  readonly clientId: string;
  readonly protocol: MqttVersion;
  readonly clean: boolean;
  /** Milliseconds that the broker is asked to keep the session. */
  readonly sessionExpiry: number;
  /** Largest number of unacknowledged messages that the broker may send. */
  readonly receiveMaximum?: number | undefined;
}

const MAX_KEEPALIVE = 65_535;
const MAX_SESSION_EXPIRY = 0xffff_ffff;

/** As CONNECT carries it, in whole seconds. */
export function sessionExpirySeconds(milliseconds: number): number {
  return Math.min(Math.ceil(milliseconds / 1000), MAX_SESSION_EXPIRY);
}

function security({ address, connection: { tls } }: ConnectRequest): IClientOptions {
  // mqtt.js turns a plain connection into a TLS one where it is given a certificate.
  if (tls === undefined || (address.protocol !== 'mqtts' && address.protocol !== 'wss')) return {};
  return {
    rejectUnauthorized: !tls.insecure,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
}

function credentials({ username, password }: ConnectionOptions): IClientOptions {
  if (username === undefined && password === undefined) return {};
  return { username: username ?? '', ...(password === undefined ? {} : { password }) };
}

function will({ will }: ConnectionOptions): IClientOptions {
  if (will === undefined) return {};
  const { topic, payload, qos, retain } = will;
  return { will: { topic, payload: Buffer.from(payload), qos, retain } };
}

function properties(request: ConnectRequest): IClientOptions {
  if (request.protocol === 4) return {};
  const { receiveMaximum } = request;
  return {
    properties: {
      sessionExpiryInterval: sessionExpirySeconds(request.sessionExpiry),
      ...(receiveMaximum === undefined ? {} : { receiveMaximum: Math.min(receiveMaximum, 65_535) }),
    },
  };
}

/** mqtt.js connects, secures, frames WebSocket and parses; everything that it would do by itself is switched off. */
export function clientOptions(request: ConnectRequest): IClientOptions {
  const { address, connection } = request;
  return {
    // Urls of other schemes never get here.
    protocol: address.protocol === 'other' ? 'mqtt' : address.protocol,
    host: address.host,
    port: address.port,
    ...(address.path === '' ? {} : { path: address.path }),
    clientId: request.clientId,
    protocolVersion: request.protocol,
    clean: request.clean,
    keepalive: Math.min(Math.ceil(connection.keepalive / 1000), MAX_KEEPALIVE),
    ...security(request),
    ...credentials(connection),
    ...will(connection),
    ...properties(request),
    wsOptions: { perMessageDeflate: false },
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    reschedulePings: false,
    // CONNECT carries the keep alive, its timer never fires: see keepalive.ts.
    timerVariant: { set: () => 0, clear: () => {} },
    // Longer than the link's own deadline, which replaces it.
    connectTimeout: 2 ** 31 - 1,
    // Its debug calls cost a quarter of the throughput at QoS 0 even when debugging is off.
    log: () => {},
  };
}
