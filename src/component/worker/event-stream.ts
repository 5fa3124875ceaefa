import type { DeliveryInfo } from '../../guest.ts';
import type { PubsubEvent } from '../../types.ts';
import type { PullReply } from '../exchange/protocol.ts';
import type { Waiting } from './yielding.ts';

/** The call whose guest code asks. */
export interface Puller {
  readonly call: number;
  readonly cell: number;
  /** Publishes of it that are not answered. */
  publishing: number;
  /** Of the message received last. */
  delivery: DeliveryInfo | undefined;
  /** When that was handed over, if it was while the call waits. */
  handedAt: number | undefined;
  /** It has returned: its cell may be another's. */
  over: boolean;
}

/** Where a stream's events come from. */
export interface EventSource {
  /** One message; the call waits until it is there. */
  ask(puller: Puller, ask: 'read', topic: string): { readonly id: number; readonly reply: Promise<PullReply> };
  /** What was asked for, or handed out, under that id was not read. */
  withdraw(puller: Puller, id: number): void;
  forget(stream: EventStream, puller: Puller): void;
}

type Step = IteratorResult<PubsubEvent, undefined>;

const DONE: Step = { done: true, value: undefined };

/**
 * What generated code makes a component-model `stream<event>` of: one event for each read of the guest. It never
 * throws: an error in a stream is an unhandled rejection in generated code, and hangs the guest.
 */
export class EventStream implements AsyncIterable<PubsubEvent, undefined>, AsyncIterator<PubsubEvent, undefined> {
  /** How many events generated code has and the guest has not read; set by that code (see `streams.ts`). */
  unread: (() => number) | undefined;
  readonly #source: EventSource;
  readonly #puller: Puller;
  readonly #topic: string;
  readonly #waiting: Waiting;
  /** The request that is under way, and the last one that was answered. */
  #pending: number | undefined;
  #last: number | undefined;
  #over = false;

  constructor(source: EventSource, puller: Puller, topic: string, waiting: Waiting) {
    this.#source = source;
    this.#puller = puller;
    this.#topic = topic;
    this.#waiting = waiting;
  }

  [Symbol.asyncIterator](): AsyncIterator<PubsubEvent, undefined> {
    return this;
  }

  async next(): Promise<Step> {
    if (this.#over) return DONE;
    const resume = this.#waiting.begin();
    const { id, reply } = this.#source.ask(this.#puller, 'read', this.#topic);
    this.#pending = id;
    const answer = await reply;
    this.#pending = undefined;
    await new Promise<void>(resume);
    if (this.#over || answer === 'end' || !answer.ok || answer.value === undefined) {
      this.close();
      return DONE;
    }
    this.#last = id;
    return { done: false, value: answer.value.event };
  }

  /** What was handed over under this id has not been read. */
  get unreadId(): number | undefined {
    return (this.unread?.() ?? 0) > 0 ? this.#last : undefined;
  }

  /** The guest has dropped its end. */
  async return(): Promise<Step> {
    this.close();
    return DONE;
  }

  /** What was not read is taken back. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#pending !== undefined) this.#source.withdraw(this.#puller, this.#pending);
    const unread = this.unreadId;
    if (unread !== undefined) this.#source.withdraw(this.#puller, unread);
    this.#source.forget(this, this.#puller);
  }
}
