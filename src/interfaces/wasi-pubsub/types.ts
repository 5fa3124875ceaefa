import { messageOf } from '../../errors.ts';
import type { GuestContext, PublishRequest } from '../../guest.ts';
import type { PubsubError, PubsubEvent, Result } from '../../types.ts';
import { WitError } from '../wit-error.ts';

export const PUBSUB_VERSION = '0.1.0';

/** `wasi:pubsub/types.event`, as the bindings hand it over: `data` is a copy that nobody else holds. */
export interface WitEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: Uint8Array;
}

/** `wasi:pubsub/types.error`. */
export type WitPubsubError =
  | { readonly tag: 'timeout' }
  | {
      readonly tag: 'connection' | 'permission-denied' | 'invalid-argument' | 'rejected' | 'other';
      readonly val: string;
    };

export function fail(payload: WitPubsubError): WitError<WitPubsubError> {
  return new WitError(payload, payload.tag === 'timeout' ? 'timeout' : `${payload.tag}: ${payload.val}`);
}

/** Every error of the domain as one that an import may return: `rejected` is a handler's word, never a broker's. */
export function importError(error: PubsubError): WitPubsubError {
  switch (error.tag) {
    case 'timeout':
      return { tag: 'timeout' };
    case 'connection':
    case 'permission-denied':
    case 'invalid-argument':
    case 'other':
      return { tag: error.tag, val: error.val };
    case 'rejected':
      return { tag: 'other', val: error.val };
  }
}

/** A guest's event in the domain. Throws `invalid-argument` when it has no type [CloudEvents 1.0, type]. */
export function toEvent(event: WitEvent): PubsubEvent {
  if (event.type === '')
    throw fail({
      tag: 'invalid-argument',
      val: 'the event\'s type is empty; give it one that says what happened, such as "com.example.order.created"',
    });
  return { id: event.id, source: event.source, type: event.type, data: event.data };
}

/**
 * The value of what the host is asked for. Fails with the typed error, whatever went wrong: a plain error thrown by an
 * import would leave the instance unusable. Where nothing may wait it throws at once, for a promise would be taken for
 * success.
 */
export function answered<T>(context: GuestContext, ask: () => Promise<Result<T, PubsubError>>): Promise<T> {
  if (!context.mayWait) throw fail({ tag: 'other', val: 'this component was loaded as one that never waits' });
  try {
    return ask().then(valueIn, failed);
  } catch (thrown) {
    return Promise.reject(typed(thrown));
  }
}

function valueIn<T>(result: Result<T, PubsubError>): T {
  if (!result.ok) throw fail(importError(result.error));
  return result.value;
}

function typed(thrown: unknown): WitError<unknown> {
  return thrown instanceof WitError ? thrown : fail({ tag: 'other', val: messageOf(thrown) });
}

function failed(thrown: unknown): never {
  throw typed(thrown);
}

/** Publishes what `request` makes; fails as {@link answered}. Where nothing may wait it is done when this returns. */
export function publishAs(context: GuestContext, request: () => PublishRequest): Promise<void> | undefined {
  if (context.mayWait || context.publishNow === undefined) return answered(context, () => context.publish(request()));
  const result = context.publishNow(request());
  if (!result.ok) throw fail(importError(result.error));
  return undefined;
}
