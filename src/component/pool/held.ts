import { type GuestCall, type GuestOutcome, type GuestPull, isCutOff } from '../../guest.ts';
import type { PubsubError } from '../../types.ts';
import { type CallCells, monotonicNow } from '../exchange/cells.ts';
import type { HandlerExport } from '../handler.ts';
import type { Seat } from './seats.ts';

const NO_CELL = -1;

/** What a call needs of its seat. */
export type Place = Pick<Seat, 'instance' | 'load'>;

type OfMessage = 'binding' | 'topic' | 'event' | 'counted' | 'delivery';

/** A message for a handler, or a command to be run, which has none. */
export type SlotCall = Pick<GuestCall, 'timeout' | 'transaction' | 'link' | 'unhurried' | 'ended'> &
  (Pick<GuestCall, OfMessage> | { readonly [K in OfMessage]?: undefined });

/** A call that the pool holds. */
export class Held {
  readonly id: number;
  readonly call: SlotCall;
  readonly handler: HandlerExport;
  readonly seat: Place;
  /** Something waits for its end: an acknowledgement, or what comes behind it and was not handed over. */
  readonly isAwaited: boolean;
  /** Its worker's; none as long as it waits for one. */
  cell = NO_CELL;
  /** What it has asked for; made when it first asks. */
  pull: GuestPull | undefined;
  /** How long its code may run: the call's own, or that of the message received last. */
  timeout: number;
  /** When it was handed the message that it works on, on the clock of `CallCells`; undefined while it waits for one. */
  handedAt: number | undefined;
  /** Requests for messages that are not answered. */
  asking = 0;
  /** How many of them are reads of streams, beside which its code may run on. */
  reading = 0;
  /** Why the main thread did not take a publish that its worker was sure of. */
  refused: PubsubError | undefined;
  /** It was told that nothing is handed out any more. */
  draining = false;

  constructor(id: number, call: SlotCall, handler: HandlerExport, seat: Place) {
    this.id = id;
    this.call = call;
    this.handler = handler;
    this.seat = seat;
    this.timeout = call.timeout;
    this.isAwaited = call.unhurried !== true || call.link === undefined;
  }

  get instance(): number {
    return this.seat.instance;
  }
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

/** It waits for a message, and was not handed any. */
export function isResting(cells: CallCells | undefined, { cell, handedAt, asking }: Held): boolean {
  return cells?.state(cell) === 'waiting' && handedAt === undefined && asking > 0;
}

/** Of a sentence about a call that is late. */
export function subject({ call, pull: pulled }: Held): string {
  const topic = pulled?.current()?.event === undefined ? call.topic : undefined;
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
