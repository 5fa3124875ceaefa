import type { UserProperties } from 'mqtt-packet';

/**
 * Pairs for the encoder, which keeps the order of a list of objects, although its types know of one object only: order
 * and number mean something [MQTT-3.3.2-18]. It writes nothing at all when it meets an empty one, so it gets none.
 */
export function outgoingPairs(pairs: readonly (readonly [string, string])[]): {
  readonly userProperties?: UserProperties;
} {
  if (pairs.length === 0) return {};
  const objects = pairs.map(([name, value]) => Object.assign(Object.create(null), { [name]: value }));
  return { userProperties: objects as unknown as UserProperties };
}
