import type { DeliveryInfo } from '../../guest.ts';

/**
 * The same bytes in a buffer of their own: posting a view to another thread copies all of the buffer behind it, and
 * what comes from a socket is often a small part of a large one.
 */
export function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength && !(bytes.buffer instanceof SharedArrayBuffer)
    ? bytes
    : new Uint8Array(bytes);
}

const BLOCK = 8_192;
const SMALL = BLOCK / 8;

/**
 * Copies bytes that others do not have to go with: small ones into blocks that they share with those before and after
 * them, since a buffer for each costs more than all else that is done with it.
 */
export class Compactor {
  #block = new ArrayBuffer(0);
  #used = 0;

  compact(bytes: Uint8Array): Uint8Array {
    const { byteLength } = bytes;
    if (byteLength > SMALL) return compact(bytes);
    if (this.#used + byteLength > this.#block.byteLength) {
      this.#block = new ArrayBuffer(BLOCK);
      this.#used = 0;
    }
    const copy = new Uint8Array(this.#block, this.#used, byteLength);
    copy.set(bytes);
    this.#used += byteLength;
    return copy;
  }
}

/** The same for what is known of a message beside its event. */
export function compactDelivery(delivery: DeliveryInfo): DeliveryInfo {
  const { correlationData } = delivery;
  return correlationData === undefined ? delivery : { ...delivery, correlationData: compact(correlationData) };
}
