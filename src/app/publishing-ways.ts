import type { Buffering } from '../component/index.ts';
import type { HostConfig } from '../config/index.ts';
import type { GuestPublish } from '../guest.ts';
import {
  attributeBytes,
  createBuffering,
  createPublishing,
  type Publishers,
  type PublishRules,
  type SafeSizes,
} from '../publish/index.ts';
import type { Telemetry } from '../status.ts';
import type { BindingSession } from './binding-session.ts';

/** How what guests publish gets out. */
export interface PublishingWays {
  readonly publish: GuestPublish;
  /** For guests that cannot wait, all of whose publishes are in transactions. */
  buffering(sizes: SafeSizes): Buffering;
}

/** Routes and publishes; a failure for want of a broker is told to the delivery whose call it was. */
export function publishingWays(
  { bindings, name: appName }: HostConfig,
  publishers: Publishers,
  telemetry: Telemetry,
  sessionOf: (binding: string) => BindingSession | undefined,
): PublishingWays {
  const options: Parameters<typeof createPublishing>[0] = {
    bindings,
    publisherFor: (binding) => publishers.for(binding),
    appName,
    telemetry,
    brokerAway: ({ binding = '', event }, publisher, sent) => {
      if (event !== undefined) sessionOf(binding)?.delivery.publishFailed(event, publisher, sent);
    },
  };
  return {
    publish: createPublishing(options),
    buffering: (sizes) => {
      const rules: PublishRules = {
        bindings: bindings.map(({ name, publish }) => ({ name, publish })),
        sizes: sizes.buffer,
      };
      return { buffer: createBuffering(options), attributeBytes, rules };
    },
  };
}
