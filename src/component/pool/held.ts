import { type GuestCall, type GuestOutcome, type GuestPull, isCutOff } from '../../guest.ts';
import type { PubsubError } from '../../types.ts';
import { type CallCells, monotonicNow } from '../cells.ts';
import type { HandlerExport } from '../handler.ts';

/** A message for a handler, or a command to be run, which has none. */
export type SlotCall = Pick<GuestCall, 'timeout' | 'transaction' | 'link'> &
  Partial<Pick<GuestCall, 'binding' | 'event' | 'delivery'>>;

/** A call that the pool holds. */
export interface Pending {
  readonly id: number;
  readonly call: SlotCall;
  readonly handler: HandlerExport;
  readonly instance: number;
  readonly settle: (outcome: GuestOutcome) => void;
}

/** A call that a worker holds. */
export interface Held extends Pending {
  readonly cell: number;
  /** What it has asked for; made when it first asks. */
  pull: GuestPull | undefined;
  /** How long its code may run: the call's own, or that of the message received last. */
  timeout: number;
  /** When it was handed the message that it works on, on the clock of `CallCells`; undefined while it waits for one. */
  handedAt: number | undefined;
  /** Requests for messages that are not answered. */
  asking: number;
  /** How many of them are reads of streams, beside which its code may run on. */
  reading: number;
  /** Why the main thread did not take a publish that its worker was sure of. */
  refused: PubsubError | undefined;
  /** It was told that nothing is handed out any more. */
  draining: boolean;
}

export function newlyHeld({ id, call, handler, instance, settle }: Pending, cell: number): Held {
  return {
    id,
    cell,
    call,
    handler,
    instance,
    settle,
    timeout: call.timeout,
    pull: undefined,
    handedAt: undefined,
    asking: 0,
    reading: 0,
    refused: undefined,
    draining: false,
  };
}

/** Something waits for its end: an acknowledgement, or what comes behind it and was not handed over. */
export function isAwaited({ call: { delivery, link } }: Held): boolean {
  return delivery === undefined || delivery.qos > 0 || link === undefined;
}

/** How much of its time a call has used up. */
export function elapsedOf(cells: CallCells, { cell, handedAt }: Clock): number {
  if (cells.state(cell) !== 'waiting') return monotonicNow() - cells.startedAt(cell);
  return handedAt === undefined ? cells.worked(cell) : monotonicNow() - handedAt;
}

/** What {@link lateCalls} looks at. */
export type Clock = Pick<Held, 'cell' | 'timeout' | 'handedAt'>;

/**
 * When the time of a call is over; undefined where none runs. One that waits for a message has none, unless that was
 * handed out and the worker has not taken it up.
 */
export function deadlineOf(cells: CallCells, { cell, timeout, handedAt }: Clock): number | undefined {
  const state = cells.state(cell);
  if (state === 'running') return cells.startedAt(cell) + timeout;
  return state === 'waiting' && handedAt !== undefined ? handedAt + timeout : undefined;
}

/**
 * Whether a call has ended well although the worker has not said so. Not one with a transaction: publishes of it may
 * still be on their way, and without them its result would be half of it; nor one that has received messages.
 */
export function endedWell(cells: CallCells, { cell, call, pull: pulled }: Held): boolean {
  return call.transaction === undefined && pulled === undefined && cells.state(cell) === 'ok';
}

/** A call that waits for a message is at work, too: others of its instance wait behind it. */
export function isBusy(cells: CallCells, cell: number): boolean {
  const state = cells.state(cell);
  return state === 'running' || state === 'waiting';
}

/** Of a sentence about a call that is late. */
export function subject({ call, pull: pulled }: Held): string {
  const topic = pulled?.current()?.event === undefined ? call.delivery?.topic : undefined;
  return topic === undefined ? 'that has received a message' : `on ${topic}`;
}

const OK: GuestOutcome = { kind: 'ok' };
export const SKIPPED: GuestOutcome = { kind: 'skipped' };

/**
 * Of a call that the worker says has ended well: not where its transaction lacks something, nor behind one of its chain
 * of which that is so.
 */
export function wellEnded({ call, refused }: Held): GuestOutcome {
  if (refused !== undefined) return { kind: 'err', error: refused };
  return isCutOff(call.link) ? SKIPPED : OK;
}
