import { vi } from 'vitest';
import type { BindingConfig } from '../../src/config/model.ts';
import { type Attempts, CallPull, Dispatcher, HandlerCalls, Mailbox, Reception } from '../../src/delivery/index.ts';
import type { CallChain, GuestCall, GuestOutcome, PullAnswer } from '../../src/guest.ts';
import type { Inbox, Outbox, Sessions } from '../../src/journal.ts';
import type { HostStatus } from '../../src/status.ts';
import type { LogLevel } from '../../src/types.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';
import { FakeSubscriber } from './fake-subscriber.ts';
import { binding, settled } from './fixtures.ts';
import { MemoryJournal } from './memory-journal.ts';

export const OK: GuestOutcome = { kind: 'ok' };
export const ERR: GuestOutcome = { kind: 'err', error: { tag: 'other', val: 'no' } };
export const REJECTED: GuestOutcome = { kind: 'err', error: { tag: 'rejected', val: 'bad' } };
export const IDENTITY = { clientId: 'c', broker: 'b' };

/** Timers stand still until {@link advance}; immediates and microtasks run. */
export function useFakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
}

export async function advance(milliseconds: number): Promise<void> {
  await settled();
  vi.advanceTimersByTime(milliseconds);
  await settled();
}

/** One call of the guest. */
export interface Call {
  readonly call: GuestCall;
  readonly resolve: (outcome: GuestOutcome) => void;
}

/** A guest whose answers the test gives. */
export class FakePool {
  readonly capacity: number;
  readonly workers = 1;
  readonly calls: Call[] = [];
  onCall: (call: Call) => void = () => {};

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  call(call: GuestCall): void {
    this.called(call, (outcome) => queueMicrotask(() => call.ended(outcome)));
  }

  protected called(call: GuestCall, resolve: Call['resolve']): void {
    const made = { call, resolve };
    this.calls.push(made);
    this.onCall(made);
  }

  async close(): Promise<void> {}
}

/**
 * Keeps chains as the pool does: a call starts when the one in front of it has ended with ok, or is skipped. One that is
 * answered in {@link onCall} ends in one turn with those around it, as those do that a worker tells of together.
 */
export class ChainingPool extends FakePool {
  readonly ahead: number;
  readonly #chains = new Map<CallChain, GuestCall[]>();

  constructor(capacity: number, ahead: number) {
    super(capacity);
    this.ahead = ahead;
  }

  override call(call: GuestCall): void {
    const chain = call.link?.chain;
    if (chain === undefined) {
      super.call(call);
      return;
    }
    const waiting = this.#chains.get(chain) ?? [];
    this.#chains.set(chain, waiting);
    if (waiting.push(call) === 1) this.#next(chain, waiting);
  }

  #next(chain: CallChain, waiting: GuestCall[]): void {
    const [head] = waiting;
    if (head === undefined) return;
    const place = head.link?.place ?? 0;
    const ended = (outcome: GuestOutcome) => {
      if (outcome.kind !== 'ok') chain.brokenAt = Math.min(chain.brokenAt, place);
      waiting.shift();
      queueMicrotask(() => head.ended(outcome));
      this.#next(chain, waiting);
    };
    if (place > chain.brokenAt) {
      ended({ kind: 'skipped' });
      return;
    }
    this.called(head, ended);
  }
}

export interface SetUpOptions {
  /** How many calls of a topic may be chained; none unless told. */
  readonly ahead?: number;
  readonly journal?: MemoryJournal;
  readonly capacity?: number;
  /** In place of `journal`: a journal on disk. */
  readonly disk?: { readonly inbox: Inbox; readonly sessions: Sessions; readonly outbox: Outbox };
  /** How the guest gets its messages; a handler is called unless told. */
  readonly attempts?: (binding: BindingConfig, statuses: HostStatus[]) => Attempts;
}

/** A delivery on a journal in memory whose commits the test makes; the guest answers when the test says so. */
export function setUp(
  more: Partial<BindingConfig> = {},
  { journal, capacity = 100, disk, attempts, ahead = 0 }: SetUpOptions = {},
) {
  const kept = journal ?? new MemoryJournal({ auto: true });
  const statuses: HostStatus[] = [];
  const pool = ahead > 0 ? new ChainingPool(capacity, ahead) : new FakePool(capacity);
  const dispatcher = new Dispatcher(pool);
  const settings = binding({ filters: ['#'], transactional: more.qos === 2, ...more });
  const outbox = new MemoryOutbox();
  const telemetry = {
    report: (status: HostStatus) => void statuses.push(status),
    wants: (level: LogLevel) => level !== 'trace',
  };
  const delivery = new Reception({
    binding: settings,
    identity: IDENTITY,
    sessions: disk?.sessions ?? kept,
    inbox: disk?.inbox ?? kept,
    outbox: { outbox: disk?.outbox ?? outbox, broker: 'tcp://127.0.0.1:1883' },
    attempts: attempts?.(settings, statuses) ?? new HandlerCalls(settings, pool),
    dispatcher,
    telemetry,
    failed: () => {},
  });
  const subscriber = new FakeSubscriber(() => delivery, settings.maxInFlight, settings.maxBytesInFlight);
  delivery.start(subscriber);
  const { calls } = pool;
  /** The guest returns from the call of that number, after publishing `publishes` events. */
  const answer = async (index: number, outcome: GuestOutcome, ...publishes: string[]) => {
    const made = calls[index];
    if (made === undefined) throw new Error(`the guest was not called ${index + 1} times`);
    for (const id of publishes) made.call.transaction?.publishes.push(publishOf(id, disk?.outbox ?? outbox));
    made.resolve(outcome);
    await settled();
  };
  return { delivery, subscriber, journal: kept, pool, calls, dispatcher, outbox, statuses, answer };
}

/** The same for a guest that asks; `pull` is one call of it. Requests are numbered by the test. */
export function setUpPull(more: Partial<BindingConfig> = {}, options: SetUpOptions = {}) {
  const mailboxes: Mailbox[] = [];
  const set = setUp(more, {
    capacity: Number.POSITIVE_INFINITY,
    ...options,
    attempts: (settings, statuses) => {
      const mailbox = new Mailbox(settings, { report: (status) => void statuses.push(status) });
      mailboxes.push(mailbox);
      return mailbox;
    },
  });
  const call = () => new CallPull(mailboxes);
  const pull = call();
  let requests = 0;
  /** What the guest is answered, as far as it is by now. */
  const receive = async (topic = '#', by = pull, stream = false, unread: readonly number[] = []) => {
    const request = ++requests;
    let answer: PullAnswer | undefined;
    void by.next(request, topic, { stream, unread }).then((found) => {
      answer = found;
    });
    await settled();
    const text = () => (answer === undefined ? 'waits' : answerText(answer));
    return { request, text, answer: () => answer };
  };
  return { ...set, pull, call, receive };
}

function answerText(answer: PullAnswer): string {
  if (answer === 'draining') return answer;
  if (!answer.ok) return answer.error.tag;
  const { topic, attempt } = answer.value.delivery;
  return attempt === 1 ? topic : `${topic} (${attempt})`;
}

/** One event on its way out. */
export function publishOf(id: string, outbox: Outbox = new MemoryOutbox()) {
  const event = { id, source: '/guest', type: 't', data: new Uint8Array() };
  const outgoing = { topic: 'out', qos: 2, retain: false, format: 'cloudevents', event } as const;
  return { outbox, broker: 'tcp://127.0.0.1:1883', event: { ...outgoing, properties: { userProperties: [] } } };
}

export const topics = (calls: readonly Call[]): string[] => calls.map(({ call }) => call.delivery.topic);
export const kinds = (statuses: readonly HostStatus[]): string[] => statuses.map(({ kind }) => kind);
