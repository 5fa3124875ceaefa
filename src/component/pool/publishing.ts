import type { GuestBuffer, GuestPublish } from '../../guest.ts';
import type { PubsubError, PubsubEvent, Result } from '../../types.ts';
import type { FromWorker, PublishMessage } from '../exchange/protocol.ts';
import { type PackedPublish, unpackPublishes } from '../exchange/publish-batch.ts';
import { elapsedOf } from './held.ts';
import type { HeldCalls } from './held-calls.ts';
import type { Thread } from './thread.ts';

type Verdict = Result<void, PubsubError>;

export interface PublishingParts {
  readonly publish: GuestPublish;
  /** Takes publishes of guests that cannot wait. */
  readonly buffer?: GuestBuffer | undefined;
  /** What the attributes of an event take, for a worker that has to know; left out: 0. */
  readonly attributeBytes?: ((attributes: PubsubEvent['attributes']) => number) | undefined;
}

function refused(val: string): Verdict {
  return { ok: false, error: { tag: 'other', val } };
}

function publish(
  thread: Thread,
  { id, call, request, unread }: PublishMessage,
  held: HeldCalls,
  parts: PublishingParts,
): void {
  const answer = (verdict: Verdict) => thread.published(id, verdict);
  const pending = held.get(call);
  if (pending === undefined) {
    answer(refused('the handler of this publish has returned'));
    return;
  }
  const { binding, event, transaction } = pending.pull?.current(unread) ?? pending.call;
  const { timeout } = pending;
  const elapsed = elapsedOf(thread.cells, pending);
  void parts.publish({ binding, event, timeout, elapsed, transaction }, request).then(answer);
}

function buffer(
  { call, request }: Pick<PackedPublish, 'call' | 'request'>,
  held: HeldCalls,
  parts: PublishingParts,
): Verdict {
  const { binding, event, timeout = 0, transaction } = held.get(call)?.call ?? {};
  if (parts.buffer === undefined || transaction === undefined)
    return refused('there is no transaction that this publish could be part of');
  return parts.buffer({ binding, event, timeout, elapsed: 0, transaction }, request);
}

/** Carries out what calls of a worker have published, in order. */
export function takePublishes(thread: Thread, message: FromWorker, held: HeldCalls, parts: PublishingParts): void {
  for (const one of message.publishes ?? []) publish(thread, one, held, parts);
  if (message.packed !== undefined) unpackPublishes(message.packed, (one) => publish(thread, one, held, parts));
  if (message.buffered !== undefined)
    unpackPublishes(message.buffered, (one) => {
      const verdict = buffer(one, held, parts);
      const pending = held.get(one.call);
      // The worker was sure of it, and the guest was told so: the call cannot be a success any more.
      if (!verdict.ok && pending !== undefined) pending.refused ??= verdict.error;
    });
  if (message.ask !== undefined) thread.asks.answer(message.ask.id, buffer(message.ask, held, parts));
}
