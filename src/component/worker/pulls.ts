import type { PubsubError, PubsubEvent, Result } from '../../types.ts';
import { type CallCells, monotonicNow } from '../exchange/cells.ts';
import type { PullMessage, PullReply } from '../exchange/protocol.ts';
import { type EventSource, EventStream, type Puller } from './event-stream.ts';
import type { Outbox } from './outbox.ts';
import type { Waiting } from './yielding.ts';

/** Requests of one call that may be unanswered. */
const IN_FLIGHT = 64;

interface Request {
  readonly puller: Puller;
  readonly ask: PullMessage['ask'];
  resolve(reply: PullReply): void;
}

function other(val: string): { readonly ok: false; readonly error: PubsubError } {
  return { ok: false, error: { tag: 'other', val } };
}

/** Hands on what guests ask for, and what they are given back. While a call waits for a message its time stands still. */
export class Pulls implements EventSource {
  readonly #outbox: Outbox;
  readonly #cells: CallCells;
  readonly #requests = new Map<number, Request>();
  /** Unanswered requests for messages. */
  readonly #counts = new Map<Puller, number>();
  readonly #streams = new Map<Puller, Set<EventStream>>();
  #last = 0;

  constructor(outbox: Outbox, cells: CallCells) {
    this.#outbox = outbox;
    this.#cells = cells;
  }

  async receive(puller: Puller | undefined, topic: string): Promise<Result<PubsubEvent, PubsubError>> {
    const fault = this.#fault(puller);
    if (puller === undefined || fault !== undefined) return other(fault ?? '');
    const { reply } = this.ask(puller, 'receive', topic);
    const answer = await reply;
    if (answer === 'end') return other('the call has ended');
    if (!answer.ok) return answer;
    return answer.value === undefined ? other('no message') : { ok: true, value: answer.value.event };
  }

  async stream(
    puller: Puller | undefined,
    topic: string,
    waiting: Waiting,
  ): Promise<Result<AsyncIterable<PubsubEvent>, PubsubError>> {
    const fault = this.#fault(puller);
    if (puller === undefined || fault !== undefined) return other(fault ?? '');
    const answer = await this.#request(puller, 'open', topic).reply;
    if (answer === 'end' || puller.over) return other('the call has ended');
    if (!answer.ok) return answer;
    const stream = new EventStream(this, puller, topic, waiting);
    const open = this.#streams.get(puller) ?? new Set();
    this.#streams.set(puller, open.add(stream));
    return { ok: true, value: stream };
  }

  /** One message; the call waits until it is there. */
  ask(
    puller: Puller,
    ask: 'receive' | 'read',
    topic: string,
  ): { readonly id: number; readonly reply: Promise<PullReply> } {
    const unread = this.unread(puller);
    puller.handedAt = undefined;
    this.#count(puller, 1);
    return this.#request(puller, ask, topic, unread);
  }

  /** What was asked for, or handed out, under that id was not read. */
  withdraw({ call }: Puller, id: number): void {
    this.#outbox.pull({ id, call, ask: 'withdraw', topic: '' });
    this.#settle(id, 'end');
  }

  answer(id: number, reply: PullReply): void {
    const request = this.#requests.get(id);
    // A reply that the guest has given up was taken back already.
    if (request === undefined) return;
    if (reply !== 'end' && reply.ok && reply.value !== undefined) {
      request.puller.delivery = reply.value.delivery;
      request.puller.handedAt = monotonicNow();
    }
    this.#settle(id, reply);
  }

  forget(stream: EventStream, puller: Puller): void {
    const open = this.#streams.get(puller);
    if (open?.delete(stream) && open.size === 0) this.#streams.delete(puller);
  }

  /**
   * Requests of which the guest has read nothing yet, although the host may have answered: of streams beside the one at
   * work. Undefined where there are none, as in guests that do one thing at a time.
   */
  unread(puller: Puller): readonly number[] | undefined {
    if (this.#isIdle) return undefined;
    const found: number[] = [];
    if (this.#counts.has(puller))
      for (const [id, { puller: asker, ask }] of this.#requests) if (asker === puller && ask !== 'open') found.push(id);
    for (const { unreadId } of this.#streams.get(puller) ?? []) if (unreadId !== undefined) found.push(unreadId);
    return found.length === 0 ? undefined : found;
  }

  /** The call has ended: what it has not read is taken back, before its result is known. */
  ended(puller: Puller): void {
    puller.over = true;
    if (this.#isIdle) return;
    for (const stream of this.#streams.get(puller) ?? []) stream.close();
    if (!this.#counts.has(puller)) return;
    for (const [id, { puller: asker, ask }] of this.#requests)
      if (asker === puller && ask !== 'open') this.withdraw(puller, id);
  }

  /** Nothing is asked for, and no stream is open. */
  get #isIdle(): boolean {
    return this.#counts.size === 0 && this.#streams.size === 0;
  }

  #fault(puller: Puller | undefined): string | undefined {
    if (puller === undefined) return 'a receive outside of a call: it has returned';
    if ((this.#counts.get(puller) ?? 0) < IN_FLIGHT) return undefined;
    return `more than ${IN_FLIGHT} receives of one call are unanswered: await some first`;
  }

  #request(puller: Puller, ask: PullMessage['ask'], topic: string, unread?: readonly number[]) {
    const { promise, resolve } = Promise.withResolvers<PullReply>();
    const id = ++this.#last;
    this.#requests.set(id, { puller, ask, resolve });
    this.#outbox.pull({ id, call: puller.call, ask, topic, ...(unread !== undefined && { unread }) });
    return { id, reply: promise };
  }

  #settle(id: number, reply: PullReply): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#requests.delete(id);
    if (request.ask !== 'open') this.#count(request.puller, -1);
    request.resolve(reply);
  }

  #count(puller: Puller, change: 1 | -1): void {
    const count = (this.#counts.get(puller) ?? 0) + change;
    if (count > 0) this.#counts.set(puller, count);
    else this.#counts.delete(puller);
    if (count === 1 && change === 1) this.#cells.wait(puller.cell);
    else if (count === 0) {
      this.#cells.resume(puller.cell, puller.handedAt);
      puller.handedAt = undefined;
    }
  }
}
