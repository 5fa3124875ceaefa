import type { PublishRequest } from '../guest.ts';
import { Routes } from './routes.ts';

/** What a worker knows of the routes; plain data. */
export interface PublishRules {
  /** In file order. */
  readonly bindings: readonly { readonly name: string; readonly publish: readonly string[] | undefined }[];
  /** For each binding, how large a publish is surely taken: see `SafeSizes`. */
  readonly sizes: SharedArrayBuffer;
}

/** The message whose handler publishes. */
export interface PublishingCall {
  readonly binding: string | undefined;
  /** What the attributes take that its event has beside the record, as `SafeSizes` counts. */
  readonly attributeBytes: number;
}

/** Printable ASCII, and short: nothing in it is refused. */
const PLAIN = /^[ -~]{0,256}$/;
const PLAIN_TOPIC = /^[ -"$-*,-~]{1,256}$/;

/**
 * Worker: says of most publishes that the main thread will take them into their transaction, so that nobody has to wait
 * for its answer. It knows of no other answer: what this does not say yes to is asked of the main thread, which says why
 * it refuses.
 */
export function createSurely(rules: PublishRules): (call: PublishingCall, request: PublishRequest) => boolean {
  const { bindings } = rules;
  const routes = new Routes(bindings);
  const sizes = new Float64Array(rules.sizes);
  return ({ binding, attributeBytes }, { topic, event, options }) => {
    if (options !== undefined || event.type === '') return false;
    if (!PLAIN_TOPIC.test(topic) || !PLAIN.test(event.id) || !PLAIN.test(event.source) || !PLAIN.test(event.type))
      return false;
    const route = routes.find(topic, binding);
    if (route === undefined) return false;
    return event.data.byteLength + attributeBytes <= (sizes[bindings.indexOf(route)] ?? 0);
  };
}
