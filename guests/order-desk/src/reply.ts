import { publish } from 'wasi:pubsub/data-basic@0.1.0';
import type { Event, Error as PubsubError } from 'wasi:pubsub/types@0.1.0';

const encoder = new TextEncoder();

/** Publishes what came of a message. The same message always makes the same id, so a repeated one can be told. */
export function send(cause: Event, topic: string, type: string, body: object): void {
  publish(topic, {
    id: `${cause.id}-${type}`,
    source: '/order-desk',
    type: `com.example.${type}`,
    data: encoder.encode(JSON.stringify(body)),
  });
}

/** What will not get better by trying again: it becomes a dead letter at once. */
export function rejected(why: string): PubsubError {
  return { tag: 'rejected', val: why };
}
