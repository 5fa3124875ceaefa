import { encodeOutgoing } from '../../../events/index.ts';
import type { OutgoingEvent } from '../../../journal.ts';
import type { MqttVersion, OutgoingMessage, PubsubError, Result } from '../../../types.ts';
import type { ConnackProperties } from '../connection/grants.ts';
import { messageFault, publishSize } from '../wire/packets.ts';

/** The event as the protocol carries it; `invalid-argument` where no packet can. */
export function encode(event: OutgoingEvent, protocol: MqttVersion): Result<OutgoingMessage, PubsubError> {
  const encoded = encodeOutgoing(event, protocol, Date.now());
  const fault = encoded.ok ? messageFault(encoded.value) : undefined;
  return fault === undefined ? encoded : { ok: false, error: { tag: 'invalid-argument', val: fault } };
}

/** Its expiry is over, so that it is not to be sent if it never was. */
export function isExpired({ expiresAt }: OutgoingEvent): boolean {
  return expiresAt !== undefined && expiresAt <= Date.now();
}

/** What a broker's CONNACK rules out before it is sent [MQTT-3.2.2-11, -14, -15]. */
export function ruledOut(
  message: OutgoingMessage,
  protocol: MqttVersion,
  granted: ConnackProperties,
  broker: string,
): PubsubError | undefined {
  const { maximumPacketSize = Number.POSITIVE_INFINITY, maximumQoS = 2, retainAvailable = true } = granted;
  if (maximumQoS < message.qos)
    return { tag: 'other', val: `broker ${broker} supports QoS ${maximumQoS} at most, not ${message.qos}` };
  if (!retainAvailable && message.retain)
    return { tag: 'other', val: `broker ${broker} does not keep retained messages` };
  if (maximumPacketSize === Number.POSITIVE_INFINITY) return undefined;
  const size = publishSize(message, protocol);
  if (size <= maximumPacketSize) return undefined;
  const val = `the message makes a packet of ${size} bytes, broker ${broker} takes ${maximumPacketSize}`;
  return { tag: 'invalid-argument', val };
}

/** {@link encode}, and that the broker's CONNACK does not rule it out. */
export function encodeFor(
  event: OutgoingEvent,
  protocol: MqttVersion,
  granted: ConnackProperties,
  broker: string,
): Result<OutgoingMessage, PubsubError> {
  const encoded = encode(event, protocol);
  if (!encoded.ok) return encoded;
  const error = ruledOut(encoded.value, protocol, granted, broker);
  return error === undefined ? encoded : { ok: false, error };
}
