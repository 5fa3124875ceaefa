import type { DeliveryInfo } from '../guest.ts';

/**
 * The same bytes in a buffer of their own: posting a view to another thread copies all of the buffer behind it, and
 * what comes from a socket is often a small part of a large one.
 */
export function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength && !(bytes.buffer instanceof SharedArrayBuffer)
    ? bytes
    : new Uint8Array(bytes);
}

/** The same for what is known of a message beside its event. */
export function compactDelivery(delivery: DeliveryInfo): DeliveryInfo {
  const { correlationData } = delivery;
  return correlationData === undefined ? delivery : { ...delivery, correlationData: compact(correlationData) };
}
