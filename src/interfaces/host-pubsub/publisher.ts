import type { GuestContext, PublishOptions } from '../../guest.ts';
import { publishAs, toEvent, type WitEvent } from '../wasi-pubsub/types.ts';

/** `host:pubsub/publisher.options`. */
export interface WitOptions {
  readonly retain: boolean;
  readonly contentType?: string | undefined;
  /** Seconds. */
  readonly expiry?: number | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly userProperties: readonly (readonly [string, string])[];
}

function toOptions(options: WitOptions): PublishOptions {
  return {
    retain: options.retain,
    contentType: options.contentType,
    expiry: options.expiry,
    responseTopic: options.responseTopic,
    correlationData: options.correlationData,
    userProperties: options.userProperties,
  };
}

export function publisher(context: GuestContext): Record<string, unknown> {
  return {
    publishWith: (topic: string, message: WitEvent, options: WitOptions) =>
      publishAs(context, () => ({ topic, event: toEvent(message), options: toOptions(options) })),
  };
}
