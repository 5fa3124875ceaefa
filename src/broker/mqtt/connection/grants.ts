import type { IConnackPacket } from 'mqtt-packet';
import type { MqttVersion, QoS } from '../../../types.ts';
import { MAX_REMAINING_LENGTH } from '../wire/packets.ts';
import { reasonText } from '../wire/reasons.ts';

export type ConnackProperties = NonNullable<IConnackPacket['properties']>;

const SHARED = /^\$share\/[^/]+\//;

/**
 * What a CONNACK denies of what a subscription needs, or undefined when it denies nothing (DELIVERY, "What the broker
 * grants"). On 3.1.1 a CONNACK says nothing about it.
 */
export function deniedByConnack(granted: ConnackProperties, filters: readonly string[], qos: QoS): string | undefined {
  const shared = filters.find((filter) => SHARED.test(filter));
  if (granted.sharedSubscriptionAvailable === false && shared !== undefined)
    return `the broker does not support shared subscriptions, "${shared}" is one: use \`topic\` in place of \`queue\``;
  const wildcard = filters.find((filter) => /[+#]/.test(filter.replace(SHARED, '')));
  if (granted.wildcardSubscriptionAvailable === false && wildcard !== undefined)
    return `the broker does not support wildcards in filters, "${wildcard}" has one: list the topics`;
  if (granted.maximumQoS !== undefined && granted.maximumQoS < qos)
    return `the broker supports QoS ${granted.maximumQoS} at most, qos = ${qos} was asked for: lower \`qos\``;
  return undefined;
}

/**
 * What a SUBACK denies, or undefined when all filters are granted at `qos`. `codes` is aligned with `filters`
 * [MQTT-3.8.4-6].
 */
export function deniedBySuback(
  filters: readonly string[],
  qos: QoS,
  codes: readonly number[],
  protocol: MqttVersion,
): string | undefined {
  const faults = filters.flatMap((filter, index) => {
    const code = codes[index];
    if (code === undefined) return [`the broker did not answer for filter "${filter}"`];
    if (code >= 0x80) {
      const reason = protocol === 5 ? `: ${reasonText(code)}` : '';
      return [`the broker refused filter "${filter}"${reason}`];
    }
    return code < qos ? [`the broker granted QoS ${code} for filter "${filter}", qos = ${qos} was asked for`] : [];
  });
  return faults.length === 0 ? undefined : faults.join('; ');
}

/** What a CONNACK grants less of than was asked for, and can be lived with. `sessionExpiry` is in seconds. */
export function reducedByConnack(granted: ConnackProperties, sessionExpiry: number, publishes: boolean): string[] {
  const { sessionExpiryInterval: expiry, maximumPacketSize: size } = granted;
  const warnings: string[] = [];
  if (expiry !== undefined && expiry < sessionExpiry)
    warnings.push(`the broker keeps the session for ${expiry} s only, session_expiry asks for ${sessionExpiry} s`);
  if (publishes && size !== undefined && size < MAX_REMAINING_LENGTH)
    warnings.push(`the broker takes packets of at most ${size} bytes; publishing larger ones will fail`);
  return warnings;
}
