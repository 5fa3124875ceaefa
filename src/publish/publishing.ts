import { randomUUID } from 'node:crypto';
import type { Publisher } from '../broker.ts';
import type { BindingConfig } from '../config/model.ts';
import { messageOf } from '../errors.ts';
import { outgoingEvent, textFault } from '../events/index.ts';
import type { GuestBuffer, GuestPublish, PublishContext, PublishRequest, Transaction } from '../guest.ts';
import type { OutgoingEvent } from '../journal.ts';
import type { Telemetry } from '../status.ts';
import { topicFault } from '../topics.ts';
import type { PubsubError, Result } from '../types.ts';
import type { OpenPublisher } from './publishers.ts';
import { Routes } from './routes.ts';
import { buffered } from './transaction.ts';

export interface PublishingOptions {
  /** In file order. */
  readonly bindings: readonly BindingConfig[];
  publisherFor(binding: BindingConfig): Pick<OpenPublisher, 'publisher' | 'outbox' | 'broker'>;
  readonly appName: string;
  readonly telemetry: Telemetry;
  /**
   * Told of a publish that failed because its broker was away. `sent`: it went out before, and what it asks of the
   * broker may be what ended the connection.
   */
  readonly brokerAway?: ((context: PublishContext, publisher: Publisher, sent: boolean) => void) | undefined;
  /** How many publishes may be unanswered at once; 10,000 unless given. */
  readonly maxInFlight?: number | undefined;
  /** How much data they may hold together, in bytes; 256 MiB unless given. A single publish may be larger. */
  readonly maxBytesInFlight?: number | undefined;
}

type Outcome = Result<void, PubsubError>;

/** How long a publish waits where its call has no deadline, in milliseconds (DELIVERY, "Effects are publishes"). */
const UNBOUNDED_CALL_WAIT = 30_000;
const MAX_TIMER = 2 ** 31 - 1;
const MAX_SHOWN_TOPIC = 200;

function refused(tag: 'permission-denied' | 'invalid-argument' | 'connection' | 'other', val: string): Outcome {
  return { ok: false, error: { tag, val } };
}

function cut(topic: string): string {
  return topic.length > MAX_SHOWN_TOPIC ? `${topic.slice(0, MAX_SHOWN_TOPIC)}…` : topic;
}

function shown(topic: string): string {
  return JSON.stringify(cut(topic));
}

/** Until four fifths of the call's timeout have passed: the call has to end within its deadline. */
function waitOf({ timeout, elapsed }: PublishContext): number {
  if (!Number.isFinite(timeout)) return UNBOUNDED_CALL_WAIT;
  return Math.min(Math.max(0, timeout * 0.8 - elapsed), MAX_TIMER);
}

function describeError(error: PubsubError): string {
  return error.tag === 'timeout' ? 'timeout: the broker did not answer in time' : `${error.tag}: ${error.val}`;
}

/** Bounds what the publishes that wait for an answer hold in memory. */
class InFlight {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #count = 0;
  #bytes = 0;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  enter(bytes: number): boolean {
    if (this.#count >= this.#maxCount || (this.#count > 0 && this.#bytes + bytes > this.#maxBytes)) return false;
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
  }
}

/** What may be sent. */
interface Checked {
  readonly event: OutgoingEvent;
  readonly open: Pick<OpenPublisher, 'publisher' | 'outbox' | 'broker'>;
}

class Publishing {
  readonly #options: PublishingOptions;
  readonly #routes: Routes;
  readonly #inFlight: InFlight;

  constructor(options: PublishingOptions) {
    this.#options = options;
    this.#routes = new Routes(options.bindings);
    this.#inFlight = new InFlight(options.maxInFlight ?? 10_000, options.maxBytesInFlight ?? 256 * 2 ** 20);
  }

  /** The same for a publish in a transaction, which waits for nothing. */
  buffer(context: PublishContext & { readonly transaction: Transaction }, request: PublishRequest): Outcome {
    const checked = this.#check(context, request);
    const outcome = 'ok' in checked ? checked : this.#buffered(context.transaction, checked);
    if (!outcome.ok) this.#failed(request.topic, outcome.error);
    return outcome;
  }

  publish(context: PublishContext, request: PublishRequest): Promise<Outcome> {
    const { transaction } = context;
    if (transaction !== undefined) return Promise.resolve(this.buffer({ ...context, transaction }, request));
    const checked = this.#check(context, request);
    if (!('ok' in checked)) return this.#confirmed(context, checked);
    if (!checked.ok) this.#failed(request.topic, checked.error);
    return Promise.resolve(checked);
  }

  /** A topic may come from a stranger, and be as long as a message. */
  #failed(topic: string, error: PubsubError): void {
    this.#options.telemetry.report({ kind: 'publish-failed', topic: cut(topic), error: describeError(error) });
  }

  #buffered(transaction: Transaction, { event, open }: Checked): Outcome {
    const { outbox, broker } = open;
    return buffered(transaction, { outbox, broker, event });
  }

  /** What is to be sent, or why it cannot be. */
  #check(context: PublishContext, request: PublishRequest): Outcome | Checked {
    const { topic } = request;
    const fault = topicFault(topic) ?? textFault(topic);
    if (fault !== undefined) return refused('invalid-argument', `the topic ${shown(topic)}: ${fault}`);
    const route = this.#routes.find(topic, context.binding);
    if (route === undefined)
      return refused(
        'permission-denied',
        `the topic ${shown(topic)} is not granted to this guest; its "publish" keys grant ${this.#routes.granted()}`,
      );
    try {
      const event = this.#event(context, request, route);
      const open = this.#options.publisherFor(route);
      const unfit = open.publisher.check(event);
      return unfit === undefined ? { event, open } : { ok: false, error: unfit };
    } catch (thrown) {
      return refused('other', messageOf(thrown));
    }
  }

  #event(context: PublishContext, { topic, event, options }: PublishRequest, route: BindingConfig): OutgoingEvent {
    const { qos, format } = route;
    const { appName } = this.#options;
    return outgoingEvent({
      topic,
      qos,
      format,
      event,
      options,
      appName,
      forwarded: context.event,
      freshId: randomUUID,
      now: Date.now(),
    });
  }

  #confirmed(context: PublishContext, checked: Checked): Promise<Outcome> {
    const { event, open } = checked;
    const { length } = event.event.data;
    if (!this.#inFlight.enter(length)) {
      const full = refused('other', 'too many publishes wait for the broker; try again later');
      return Promise.resolve(this.#ended(context, checked, full));
    }
    const left = (outcome: Outcome) => {
      this.#inFlight.leave(length);
      return this.#ended(context, checked, outcome);
    };
    const threw = (thrown: unknown) => left(refused('other', messageOf(thrown)));
    try {
      // One reaction to one promise, since there is one for every message.
      return open.publisher.publish(event, waitOf(context)).then(left, threw);
    } catch (thrown) {
      return Promise.resolve(threw(thrown));
    }
  }

  /** Reports what became of a publish that was waited for. */
  #ended(context: PublishContext, { event, open }: Checked, outcome: Outcome): Outcome {
    const { topic, qos } = event;
    if (outcome.ok) this.#options.telemetry.report({ kind: 'published', topic, qos, broker: open.broker });
    else {
      this.#tellIfAway(context, open.publisher, outcome.error);
      this.#failed(topic, outcome.error);
    }
    return outcome;
  }

  #tellIfAway(context: PublishContext, publisher: Publisher, { tag }: PubsubError): void {
    if (tag === 'connection' || (tag === 'timeout' && !publisher.online))
      this.#options.brokerAway?.(context, publisher, tag === 'timeout');
  }
}

/**
 * Takes a guest's publishes through topic rules, grants and routes. In a transaction they are ok when buffered; else
 * the route's publisher answers with the broker's verdict at the route's qos. Waits for four fifths of the call's timeout: `connection` when the session was
 * offline all that time, `timeout` when the broker did not answer. Reports each as `published` or `publish-failed`.
 */
export function createPublishing(options: PublishingOptions): GuestPublish {
  const publishing = new Publishing(options);
  return (context, request) => publishing.publish(context, request);
}

/** The same for publishes in transactions, at once. */
export function createBuffering(options: PublishingOptions): GuestBuffer {
  const publishing = new Publishing(options);
  return (context, request) => publishing.buffer(context, request);
}
