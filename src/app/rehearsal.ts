import {
  createPool,
  DEFAULT_HANDLER,
  type Inspection,
  listNames,
  openComponent,
  resolveHandler,
} from '../component/index.ts';
import { type BindingConfig, type HostConfig, parseConfig } from '../config/index.ts';
import { errorText } from '../delivery/index.ts';
import { HostError } from '../errors.ts';
import { decodeEvent, deliveryInfo, encodeOutgoing } from '../events/index.ts';
import type { GuestOutcome, GuestPool, GuestPublish, Transaction } from '../guest.ts';
import { providedInterfaces } from '../interfaces/index.ts';
import type { Outbox, OutgoingEvent } from '../journal.ts';
import { createPublishing } from '../publish/index.ts';
import type { HostStatus } from '../status.ts';
import { matches } from '../topics.ts';
import type { LogLevel, MessageProperties, PubsubEvent, QoS } from '../types.ts';
import { prepareGuest } from './guests.ts';
import { settleRoles } from './roles.ts';

/** A message as it would have arrived. */
export interface RehearsedMessage {
  /** Of the app, if there is one; the first that subscribes to the topic unless given. */
  readonly binding?: string | undefined;
  readonly topic: string;
  readonly qos: QoS;
  readonly retained: boolean;
  /** From 1. */
  readonly attempt: number;
  readonly properties: MessageProperties;
  /** The event itself, or the payload to decode, with the id that a raw one gets. */
  readonly content: { readonly event: PubsubEvent } | { readonly payload: Uint8Array; readonly id: string };
}

/** What a guest did with one message. */
export interface Rehearsed {
  /** `ok`, or the failure in one line that begins with its kind: an error's case, `trap` or `timeout`. */
  readonly result: string;
  /** What would have been sent, in order. */
  readonly publishes: readonly OutgoingEvent[];
  /** Publishes of a failed transaction, which would not have been sent. */
  readonly discarded: readonly OutgoingEvent[];
  readonly refused: readonly { readonly topic: string; readonly error: string }[];
  readonly output: readonly { readonly level: LogLevel; readonly context: string; readonly text: string }[];
}

/** A guest that has seen no message yet, and keeps its state from one to the next. */
export interface RehearsalGuest {
  /** @throws HostError ERR_USAGE_FIXTURE where no binding takes such a message */
  handle(message: RehearsedMessage): Promise<Rehearsed>;
  close(): Promise<void>;
}

export interface Rehearsal {
  /** @throws HostError ERR_COMPONENT_START */
  guest(): Promise<RehearsalGuest>;
}

/** Rows of a rehearsal are looked at and never committed, so nothing asks this for anything. */
const NOWHERE = Object.freeze({}) as Outbox;

function resultText(outcome: GuestOutcome): string {
  if (outcome.kind === 'err') return errorText(outcome.error);
  return outcome.kind === 'trap' ? `trap: ${outcome.message}` : outcome.kind;
}

/** What all guests of a rehearsal share. */
interface Stage {
  readonly config: HostConfig;
  readonly bindings: readonly BindingConfig[];
  /** There is no app: its one binding stands for whatever a message names. */
  readonly anyTopic: boolean;
  readonly guest: Awaited<ReturnType<typeof prepareGuest>>;
}

class Guest implements RehearsalGuest {
  readonly #file: string;
  readonly #anyTopic: boolean;
  /** Those that push. */
  readonly #bindings: readonly BindingConfig[];
  readonly #pool: GuestPool;
  readonly #statuses: HostStatus[];

  constructor({ config, bindings, anyTopic }: Stage, pool: GuestPool, statuses: HostStatus[]) {
    this.#file = config.file ?? 'the configuration';
    this.#anyTopic = anyTopic;
    this.#bindings = bindings;
    this.#pool = pool;
    this.#statuses = statuses;
  }

  async handle(message: RehearsedMessage): Promise<Rehearsed> {
    const binding = this.#bindingFor(message);
    const { content, topic, qos, retained, properties, attempt } = message;
    const payload = 'event' in content ? content.event.data : content.payload;
    const wire = { topic, payload, properties, qos, retained, dup: false };
    const event = 'event' in content ? content.event : decodeEvent(wire, 5, () => content.id).event;
    // Always a transaction, so that the call's result and its output come together.
    const transaction: Transaction = { publishes: [], bytes: 0 };
    this.#statuses.length = 0;
    const { onMessage: handler, timeout, name } = binding;
    const delivery = deliveryInfo(wire, attempt, event);
    const outcome = await new Promise<GuestOutcome>((ended) =>
      this.#pool.call({ binding: name, handler, topic, event, delivery, timeout, transaction, ended }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const publishes = transaction.publishes.map((publish) => publish.event);
    const lost = binding.transactional && outcome.kind !== 'ok';
    return {
      result: resultText(outcome),
      publishes: lost ? [] : publishes,
      discarded: lost ? publishes : [],
      refused: this.#statuses.flatMap((status) => (status.kind === 'publish-failed' ? [status] : [])),
      output: this.#statuses.flatMap((status) => (status.kind === 'guest-output' ? [status] : [])),
    };
  }

  close(): Promise<void> {
    return this.#pool.close(0);
  }

  #bindingFor({ binding: name, topic }: RehearsedMessage): BindingConfig {
    const wanted = (binding: BindingConfig) =>
      name === undefined ? binding.filters.some((filter) => matches(filter, topic)) : binding.name === name;
    const found = this.#anyTopic ? this.#bindings[0] : this.#bindings.find(wanted);
    if (found !== undefined) return found;
    const what = name === undefined ? `subscribes to "${topic}"` : `is called "${name}"`;
    const names = this.#bindings.map((binding) => `"${binding.name}" (${binding.filters.join(', ')})`);
    const text = `no push binding of ${this.#file} ${what}; there are ${names.join(', ') || 'none'}`;
    throw new HostError('ERR_USAGE_FIXTURE', text);
  }
}

/** Routes and grants as in a running app; every broker takes what a packet can carry. */
function rehearsedPublish({ bindings, name }: HostConfig, report: (status: HostStatus) => void): GuestPublish {
  return createPublishing({
    bindings,
    appName: name,
    telemetry: { report, wants: () => true },
    publisherFor: ({ connection }) => ({
      broker: '',
      outbox: NOWHERE,
      publisher: {
        online: true,
        protocol: connection.protocol,
        whenOnline: async () => {},
        check: (event) => {
          const encoded = encodeOutgoing(event, connection.protocol, Date.now());
          return encoded.ok ? undefined : encoded.error;
        },
        publish: async () => ({ ok: true, value: undefined }),
        close: async () => {},
      },
    }),
  });
}

async function startGuest(stage: Stage): Promise<RehearsalGuest> {
  const { config, guest } = stage;
  const statuses: HostStatus[] = [];
  const report = (status: HostStatus) => void statuses.push(status);
  const pool = createPool({
    ...guest,
    instances: 1,
    workers: 1,
    publish: rehearsedPublish(config, report),
    telemetry: { report },
  });
  await pool.start();
  return new Guest(stage, pool, statuses);
}

/**
 * The handler that is called without an app: the contract's, or the only one.
 * @throws HostError ERR_USAGE_FIXTURE where several could be meant, ERR_COMPONENT_EXPORT where there is none
 */
function onlyHandler(inspection: Inspection): string {
  const { handlers } = inspection;
  const [only = DEFAULT_HANDLER, ...others] = handlers;
  if (others.length > 0 && !handlers.includes(DEFAULT_HANDLER)) {
    const text = `the component has the handlers ${listNames(handlers, ', ')}: give --app app.toml, whose bindings say which of them a topic goes to`;
    throw new HostError('ERR_USAGE_FIXTURE', text);
  }
  const handler = others.length > 0 ? DEFAULT_HANDLER : only;
  resolveHandler(inspection, handler);
  return handler;
}

/** One binding that takes every topic and grants every topic, for a component without an app. */
function anyApp(handler: string): HostConfig {
  const binding = `url = "tcp://localhost"\ntopic = "#"\ndelivery = "push"\non_message = ${JSON.stringify(handler)}`;
  const capability = `[[capability]]\nname = "pubsub.mqtt"\n[[capability.config]]\n${binding}`;
  return parseConfig(`specversion = "0.2"\nname = "test"\n${capability}\n`, 'app.toml', { env: {} });
}

/**
 * Composition root of `host test`: makes a component ready to be called without a broker. With `config` its bindings
 * say which handler a topic goes to, what may be published, and how long a call may take.
 * @throws HostError ERR_COMPONENT_… where `host run` would not start
 */
export async function openRehearsal(path: string, given?: HostConfig): Promise<Rehearsal> {
  const opened = await openComponent(path, providedInterfaces);
  const { inspection } = opened;
  const config = given ?? anyApp(onlyHandler(inspection));
  const { pushed: bindings } = settleRoles(config, inspection);
  const guest = await prepareGuest(config, path, opened);
  const stage: Stage = { config, bindings, anyTopic: given === undefined, guest };
  return { guest: () => startGuest(stage) };
}
