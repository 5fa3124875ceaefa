import type { PublishRequest } from '../../guest.ts';
import { compact } from '../exchange/compact.ts';

/** Nothing but what belongs to it. */
export function compactRequest(request: PublishRequest): PublishRequest {
  const { topic, event, options } = request;
  const { id, source, type } = event;
  return {
    topic,
    event: { id, source, type, data: compact(event.data) },
    ...(options !== undefined && {
      options: {
        ...options,
        correlationData: options.correlationData === undefined ? undefined : compact(options.correlationData),
      },
    }),
  };
}
