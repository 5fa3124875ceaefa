import type { GuestPull, PullAnswer, Pulled } from '../../guest.ts';
import { monotonicNow } from '../exchange/cells.ts';
import { compact, compactDelivery } from '../exchange/compact.ts';
import type { GuestMessage, PullMessage, PullReply } from '../exchange/protocol.ts';
import type { Held } from './held.ts';

const OVER: PullReply = { ok: false, error: { tag: 'other', val: 'the call of this receive has returned' } };
const NONE: PullReply = { ok: false, error: { tag: 'other', val: 'nothing can be received here' } };
const DRAINING: PullReply = { ok: false, error: { tag: 'connection', val: 'draining' } };

/** A message as a worker gets it. */
function guestMessage({ event, delivery }: Pulled): GuestMessage {
  const { id, source, type, data } = event;
  return { event: { id, source, type, data: compact(data) }, delivery: compactDelivery(delivery) };
}

export interface PullingHooks {
  /** What a call may ask for; undefined where nothing can be received. */
  readonly open: (() => GuestPull) | undefined;
  reply(id: number, reply: PullReply): void;
  /** A command that waits for a message while the host stops: it has settled what it asked past, and is over. */
  drained(held: Held): void;
}

/** Carries out what a call asks for. `held` is undefined where the call is over. */
export function pull(held: Held | undefined, message: PullMessage, hooks: PullingHooks): void {
  const { id, ask, topic } = message;
  if (held === undefined) {
    if (ask !== 'withdraw') hooks.reply(id, OVER);
    return;
  }
  held.pull ??= hooks.open?.();
  const { pull: puller } = held;
  if (puller === undefined) hooks.reply(id, NONE);
  else if (ask === 'withdraw') puller.withdraw(id);
  else if (ask === 'open') open(held, id, puller.check(topic), hooks);
  else next(held, puller, message, hooks);
}

function next(held: Held, puller: GuestPull, { id, ask, topic, unread }: PullMessage, hooks: PullingHooks): void {
  const stream = ask === 'read';
  const fault = puller.check(topic);
  // That is not asking for the next message: what is held is held on, and its time goes on.
  if (fault !== undefined && fault !== 'draining') {
    hooks.reply(id, { ok: false, error: fault });
    return;
  }
  const answer = puller.next(id, topic, { stream, unread });
  held.handedAt = undefined;
  held.timeout = puller.current(unread)?.timeout ?? held.call.timeout;
  held.asking++;
  if (stream) held.reading++;
  void answer.then((found) => {
    held.asking--;
    if (stream) held.reading--;
    take(held, id, found, stream, hooks);
  });
}

function open(held: Held, id: number, fault: ReturnType<GuestPull['check']>, hooks: PullingHooks): void {
  if (fault === 'draining') stop(held, id, hooks);
  else hooks.reply(id, fault === undefined ? { ok: true, value: undefined } : { ok: false, error: fault });
}

/** A command has nothing more to wait for; a handler is told, and what it makes of that is no attempt. */
function stop(held: Held, id: number, hooks: PullingHooks): void {
  if (held.call.event === undefined) {
    hooks.drained(held);
    return;
  }
  held.draining = true;
  hooks.reply(id, DRAINING);
}

function take(held: Held, id: number, answer: PullAnswer, stream: boolean, hooks: PullingHooks): void {
  if (answer === 'draining') {
    if (stream) hooks.reply(id, 'end');
    else stop(held, id, hooks);
    return;
  }
  if (!answer.ok) {
    hooks.reply(id, answer);
    return;
  }
  held.timeout = answer.value.timeout;
  held.handedAt = monotonicNow();
  hooks.reply(id, { ok: true, value: guestMessage(answer.value) });
}
