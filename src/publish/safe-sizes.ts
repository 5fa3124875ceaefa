import type { Publisher } from '../broker.ts';
import type { BindingConfig } from '../config/model.ts';
import type { OutgoingEvent } from '../journal.ts';

/** Data and attributes of a publish that is known to be taken without asking, in bytes. */
const SAFE = 65_536;
/** Room in the packet for everything else: topic, id, source and type in 256 characters each, and their frames. */
const OTHERS = 4_096;

/** Of a publish that is as large as any of {@link SAFE} can get: structured mode encodes in base64. */
function largest({ name, qos, format }: BindingConfig): OutgoingEvent {
  const data = new Uint8Array(SAFE + OTHERS);
  const event = { id: 'x', source: `/${name}`, type: 'x', data };
  return { topic: 'x', qos, retain: false, format, event, properties: { userProperties: [] } };
}

/**
 * How large a publish through each binding is surely taken by its broker, shared with the workers: 0 where it has to be
 * asked. Changes when a connection says what its broker takes.
 */
export class SafeSizes {
  readonly buffer: SharedArrayBuffer;
  readonly #bindings: readonly BindingConfig[];
  readonly #sizes: Float64Array;

  constructor(bindings: readonly BindingConfig[]) {
    this.#bindings = bindings;
    this.buffer = new SharedArrayBuffer(bindings.length * Float64Array.BYTES_PER_ELEMENT);
    this.#sizes = new Float64Array(this.buffer);
  }

  /** What a driver of the library's user checks is its own: it is always asked. */
  measure(binding: BindingConfig, publisher: Pick<Publisher, 'check'>): void {
    const isSafe = binding.driver === 'mqtt' && publisher.check(largest(binding)) === undefined;
    this.#sizes[this.#bindings.indexOf(binding)] = isSafe ? SAFE : 0;
  }
}

/** What attributes take, at most: characters of three bytes, and their frames. */
export function attributeBytes(attributes: Readonly<Record<string, unknown>> | undefined): number {
  let bytes = 0;
  for (const name in attributes) bytes += 3 * (name.length + String(attributes[name]).length) + 16;
  return bytes;
}
