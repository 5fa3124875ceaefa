import type { MqttVersion } from '../../../types.ts';

/** Reason codes in words [MQTT 5, 2.4]. */
const REASONS: Readonly<Record<number, string>> = {
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'implementation specific error',
  132: 'unsupported protocol version',
  133: 'client identifier not valid',
  134: 'bad user name or password',
  135: 'not authorized',
  136: 'server unavailable',
  137: 'server busy',
  138: 'banned',
  139: 'server shutting down',
  140: 'bad authentication method',
  141: 'keep alive timeout',
  142: 'session taken over',
  143: 'topic filter invalid',
  144: 'topic name invalid',
  145: 'packet identifier in use',
  146: 'packet identifier not found',
  147: 'receive maximum exceeded',
  148: 'topic alias invalid',
  149: 'packet too large',
  150: 'message rate too high',
  151: 'quota exceeded',
  152: 'administrative action',
  153: 'payload format invalid',
  154: 'retain not supported',
  155: 'QoS not supported',
  156: 'use another server',
  157: 'server moved',
  158: 'shared subscriptions not supported',
  159: 'connection rate exceeded',
  160: 'maximum connect time',
  161: 'subscription identifiers not supported',
  162: 'wildcard subscriptions not supported',
};

/** CONNACK return codes of 3.1.1 in words [MQTT 3.1.1, 3.2.2.3]. */
const RETURN_CODES: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'client identifier not valid',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorized',
};

const hex = (code: number) => `0x${code.toString(16).toUpperCase().padStart(2, '0')}`;

/** A reason code in words, with its number and what the broker added in its reason string. */
export function reasonText(code: number, reasonString?: string): string {
  const words = `${REASONS[code] ?? 'unknown reason'} (${hex(code)})`;
  return reasonString === undefined || reasonString === '' ? words : `${words}: ${reasonString}`;
}

/** A CONNACK's code in words: below 0x80 it is a 3.1.1 return code, whatever was asked for. */
export function connackText(code: number, reasonString?: string): string {
  if (code >= 0x80) return reasonText(code, reasonString);
  return `${RETURN_CODES[code] ?? 'unknown return code'} (${hex(code)})`;
}

/** Whether a CONNACK with this code says that the broker does not speak the protocol version. */
export function refusesVersion(code: number): boolean {
  return code === 0x84 || code === 0x01;
}

/** Refusals that no waiting mends, because they lie in what the configuration asks for, each with the key to look at. */
const HOPELESS: Readonly<Record<number, string>> = {
  2: 'client_id',
  133: 'client_id',
  140: 'username',
  144: 'will.topic',
  153: 'will.payload',
  154: 'will.retain',
  155: 'will.qos',
};

/** The configuration key that a refused CONNECT has to change, or undefined where trying again may help. */
export function keyAtFault(code: number): string | undefined {
  return refusesVersion(code) ? 'protocol' : HOPELESS[code];
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ECONNABORTED: 'connection aborted',
  EPIPE: 'connection closed by the broker',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EHOSTDOWN: 'host down',
  EADDRNOTAVAIL: 'address not available',
  EACCES: 'not permitted by this machine',
  EMFILE: 'too many open files',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name cannot be looked up at the moment',
  EPROTO: 'TLS handshake failed; does this port speak TLS?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS handshake failed; does this port speak TLS?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'TLS handshake failed; does this port speak TLS?',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is self-signed; name its authority in tls.ca",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is not from a trusted authority; name its authority in tls.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the broker's certificate is not from a trusted authority; name its authority in tls.ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the broker's certificate is not from a trusted authority; name its authority in tls.ca",
  UNABLE_TO_GET_ISSUER_CERT: "the broker's certificate is not from a trusted authority; name its authority in tls.ca",
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the broker's certificate is for another host name",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the broker asks for a client certificate; set tls.cert and tls.key',
};

/** Why a network connection failed, in words. */
export function networkReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : NETWORK[code];
  if (words !== undefined) return words;
  return [message, code].find((text) => text !== undefined && text !== '') ?? 'unknown network error';
}

export const protocolName = (version: MqttVersion): string => (version === 5 ? 'MQTT 5' : 'MQTT 3.1.1');
