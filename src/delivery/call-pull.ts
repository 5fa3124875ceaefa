import type { GuestOutcome, GuestPull, PublishContext, PullAnswer, PullOptions } from '../guest.ts';
import { filterFault, overlaps } from '../topics.ts';
import type { PubsubError } from '../types.ts';
import type { Mailbox, Parcel, Waiter } from './mailbox.ts';

const MAX_TIMER = 2 ** 31 - 1;
const MAX_SHOWN = 200;

/** A message that the call was handed and has not settled. */
interface Held {
  readonly mailbox: Mailbox;
  readonly parcel: Parcel;
  readonly request: number;
}

const shown = (topic: string) => JSON.stringify(topic.length > MAX_SHOWN ? `${topic.slice(0, MAX_SHOWN)}…` : topic);

/** `rejected` is a handler's word about its own message; one that it pulled beside it has only failed. */
function outcomeOfPulled(outcome: GuestOutcome): GuestOutcome {
  if (outcome.kind !== 'err' || outcome.error.tag !== 'rejected') return outcome;
  return { kind: 'err', error: { tag: 'other', val: `rejected: ${outcome.error.val}` } };
}

/** One wait, at every mailbox that its topic covers. */
class Wait implements Waiter {
  readonly topic: string;
  readonly answer: Promise<PullAnswer>;
  readonly #mailboxes: Set<Mailbox>;
  readonly #resolve: (answer: PullAnswer) => void;
  readonly #taken: (mailbox: Mailbox, parcel: Parcel) => PullAnswer;
  #timer: NodeJS.Timeout | undefined;

  constructor(topic: string, mailboxes: readonly Mailbox[], taken: (mailbox: Mailbox, parcel: Parcel) => PullAnswer) {
    const { promise, resolve } = Promise.withResolvers<PullAnswer>();
    this.topic = topic;
    this.answer = promise;
    this.#resolve = resolve;
    this.#mailboxes = new Set(mailboxes);
    this.#taken = taken;
  }

  start(timeout: number): void {
    if (timeout < MAX_TIMER) this.#timer = setTimeout(() => this.end({ tag: 'timeout' }), timeout);
    for (const mailbox of [...this.#mailboxes]) {
      // One that waited before may have got something from the journal at once.
      if (this.#mailboxes.has(mailbox)) mailbox.wait(this);
    }
  }

  give(mailbox: Mailbox, parcel: Parcel): void {
    this.#over(this.#taken(mailbox, parcel));
  }

  stopped(mailbox: Mailbox): void {
    this.#mailboxes.delete(mailbox);
    if (this.#mailboxes.size === 0) this.#over('draining');
  }

  end(error: PubsubError): void {
    this.#over({ ok: false, error });
  }

  #over(answer: PullAnswer): void {
    clearTimeout(this.#timer);
    for (const mailbox of this.#mailboxes) mailbox.leave(this);
    this.#mailboxes.clear();
    this.#resolve(answer);
  }
}

/** What one call of the guest asks for and holds (DELIVERY, "Pull, stream, commands"). */
export class CallPull implements GuestPull {
  /** Of the app's pull bindings, in file order. */
  readonly #mailboxes: readonly Mailbox[];
  readonly #waits = new Map<number, Wait>();
  /** In the order in which they were handed out. */
  #held: Held[] = [];
  #over = false;

  constructor(mailboxes: readonly Mailbox[]) {
    this.#mailboxes = mailboxes;
  }

  check(topic: string): PubsubError | 'draining' | undefined {
    const covering = this.#covering(topic);
    const error = this.#error(topic, covering);
    return error ?? (covering.every(({ isStopped }) => isStopped) ? 'draining' : undefined);
  }

  next(request: number, topic: string, { stream, unread = [] }: PullOptions): Promise<PullAnswer> {
    const covering = this.#covering(topic);
    const error = this.#error(topic, covering);
    if (error !== undefined) return Promise.resolve({ ok: false, error });
    this.#settle((held) => covering.includes(held.mailbox) && !unread.includes(held.request));
    const open = covering.filter((mailbox) => !mailbox.isStopped);
    if (open.length === 0) return Promise.resolve('draining');
    for (const mailbox of open) {
      const parcel = mailbox.take(topic);
      if (parcel !== undefined) return Promise.resolve(this.#hold({ mailbox, parcel, request }));
    }
    return this.#wait(request, topic, open, stream);
  }

  withdraw(request: number): void {
    this.#waits.get(request)?.end({ tag: 'other', val: 'given up' });
    const index = this.#held.findIndex((held) => held.request === request);
    const [held] = index < 0 ? [] : this.#held.splice(index, 1);
    held?.mailbox.giveBack(held.parcel);
  }

  current(unread: readonly number[] = []): Omit<PublishContext, 'elapsed'> | undefined {
    const held = this.#held.findLast(({ request }) => !unread.includes(request));
    if (held === undefined) return undefined;
    const { mailbox, parcel } = held;
    const { name: binding, timeout } = mailbox.binding;
    return { binding, event: parcel.arrival.event, timeout, transaction: parcel.transaction };
  }

  end(outcome: GuestOutcome): void {
    if (this.#over) return;
    this.#over = true;
    for (const wait of [...this.#waits.values()]) wait.end({ tag: 'other', val: 'the call has returned' });
    const held = this.#held;
    this.#held = [];
    const pulled = outcomeOfPulled(outcome);
    // In one turn, so that they are in one commit.
    for (const { parcel } of held) parcel.settle(pulled);
  }

  #error(topic: string, covering: readonly Mailbox[]): PubsubError | undefined {
    const fault = filterFault(topic);
    if (fault !== undefined) return { tag: 'invalid-argument', val: `the topic ${shown(topic)}: ${fault}` };
    if (covering.length > 0) return undefined;
    const filters = this.#mailboxes.flatMap(({ binding }) => binding.filters).map((filter) => JSON.stringify(filter));
    const there = filters.length === 0 ? 'there is none' : `they subscribe to ${filters.join(', ')}`;
    return { tag: 'permission-denied', val: `no pull binding of this app covers the topic ${shown(topic)}; ${there}` };
  }

  #covering(topic: string): Mailbox[] {
    return this.#mailboxes.filter(({ binding }) => binding.filters.some((filter) => overlaps(filter, topic)));
  }

  #settle(asked: (held: Held) => boolean): void {
    const settled = this.#held.filter(asked);
    if (settled.length === 0) return;
    this.#held = this.#held.filter((held) => !asked(held));
    for (const { parcel } of settled) parcel.settle({ kind: 'ok' });
  }

  #wait(request: number, topic: string, mailboxes: readonly Mailbox[], stream: boolean): Promise<PullAnswer> {
    const wait = new Wait(topic, mailboxes, (mailbox, parcel) => this.#hold({ mailbox, parcel, request }));
    this.#waits.set(request, wait);
    const timeouts = mailboxes.map(({ binding }) => binding.receiveTimeout ?? Number.POSITIVE_INFINITY);
    wait.start(stream ? Number.POSITIVE_INFINITY : Math.min(...timeouts));
    return wait.answer.finally(() => this.#waits.delete(request));
  }

  #hold(held: Held): PullAnswer {
    this.#held.push(held);
    const { event, delivery } = held.parcel.arrival;
    return { ok: true, value: { event, delivery, timeout: held.mailbox.binding.timeout } };
  }
}
