import type { DeliveryInfo, GuestContext } from '../../guest.ts';

/** `host:pubsub/delivery.delivery`. */
export interface WitDelivery {
  readonly topic: string;
  readonly qos: number;
  readonly retained: boolean;
  readonly redelivered: boolean;
  readonly attempt: number;
  readonly contentType: string | undefined;
  readonly responseTopic: string | undefined;
  readonly correlationData: Uint8Array | undefined;
  readonly userProperties: readonly (readonly [string, string])[];
}

function toDelivery(info: DeliveryInfo): WitDelivery {
  return {
    topic: info.topic,
    qos: info.qos,
    retained: info.retained,
    redelivered: info.redelivered,
    attempt: info.attempt,
    contentType: info.contentType,
    responseTopic: info.responseTopic,
    correlationData: info.correlationData,
    userProperties: info.userProperties,
  };
}

export function delivery(context: GuestContext): Record<string, unknown> {
  return {
    current: () => {
      const info = context.current();
      return info === undefined ? undefined : toDelivery(info);
    },
  };
}
