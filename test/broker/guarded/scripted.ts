import { guardDriver } from '../../../src/broker/index.ts';
import type {
  Connected,
  Driver,
  Publisher,
  PublisherOptions,
  PublisherSink,
  Subscriber,
  SubscriberSink,
} from '../../../src/broker.ts';
import type { HostStatus } from '../../../src/status.ts';
import type { ConnectionOptions, IncomingMessage } from '../../../src/types.ts';
import {
  openPublisher,
  openSubscriber,
  type TestPublisher,
  type TestSubscriber,
} from '../../support/broker-sessions.ts';
import type { MemoryOutbox } from '../../support/memory-outbox.ts';

export const ADDRESS = { protocol: 'other', host: 'h', port: 0, path: '', display: 'bus://h' } as const;
export const CONNECTION: ConnectionOptions = { addresses: [ADDRESS], keepalive: 30_000, protocol: 5 };
const NO_MESSAGES = { messages: 0, bytes: 0 };

export function connected(change: Partial<Connected> = {}): Connected {
  return { epoch: 1, sessionPresent: false, protocol: 5, address: ADDRESS, ...change };
}

export function incoming(change: Partial<IncomingMessage> = {}): IncomingMessage {
  const message = { topic: 't', payload: new Uint8Array([1]), properties: { userProperties: [] }, qos: 1 } as const;
  return { ...message, retained: false, dup: false, packetId: 1, epoch: 1, ...change };
}

/** Does what it is told, and nothing else. */
const subscriber: Subscriber = {
  online: true,
  inFlight: NO_MESSAGES,
  crowded: false,
  acknowledge: () => {},
  complete: () => {},
  sync: async () => true,
  pause: () => {},
  resume: () => {},
  stopIntake: () => {},
  unsubscribe: async () => {},
  close: async () => {},
};

const publisher: Publisher = {
  online: true,
  protocol: 5,
  whenOnline: async () => {},
  check: () => undefined,
  publish: async () => ({ ok: true, value: undefined }),
  close: async () => {},
};

/** A driver whose sessions a test plays; `open` may throw or return anything. */
export function driver(
  open: Partial<Pick<Driver, 'openSubscriber' | 'openPublisher'>> = {},
  statuses: HostStatus[] = [],
): ReturnType<typeof guardDriver> {
  const none = { openSubscriber: () => subscriber, openPublisher: () => publisher };
  const given: Driver = { name: 'bus', schemes: ['bus'], keepsQos2: true, ...none, ...open };
  return guardDriver(given, (status) => statuses.push(status));
}

export interface PlayedSubscriber {
  readonly host: TestSubscriber;
  /** What the driver calls. */
  readonly sink: SubscriberSink;
  readonly statuses: readonly HostStatus[];
}

export function playSubscriber(parts: Partial<Subscriber> = {}, filters = ['t'], maxInFlight = 10): PlayedSubscriber {
  const statuses: HostStatus[] = [];
  const sinks: SubscriberSink[] = [];
  const openSubscriber: Driver['openSubscriber'] = (_options, sink) => {
    sinks.push(sink);
    return { ...subscriber, ...parts };
  };
  const host = openQuiet(driver({ openSubscriber }, statuses), filters, maxInFlight);
  const [sink] = sinks;
  if (sink === undefined) throw new Error('it was not opened');
  return { host, sink, statuses };
}

function openQuiet(broker: ReturnType<typeof driver>, filters: readonly string[], maxInFlight: number) {
  const host = openSubscriber(broker, CONNECTION, filters, { maxInFlight });
  host.onMessage = () => {};
  return host;
}

/** Through connecting, connected and subscribed. */
export async function bringUp({ sink }: PlayedSubscriber, connection = connected()): Promise<void> {
  await sink.connecting();
  const { subscribe } = await sink.connected(connection);
  await sink.subscribed(
    subscribe,
    subscribe.map(() => 1),
  );
}

export interface PlayedPublisher {
  readonly host: TestPublisher;
  readonly sink: PublisherSink;
  readonly options: PublisherOptions;
  readonly statuses: readonly HostStatus[];
}

export function playPublisher(outbox: MemoryOutbox, parts: Partial<Publisher> = {}): PlayedPublisher {
  const statuses: HostStatus[] = [];
  const opened: { readonly options: PublisherOptions; readonly sink: PublisherSink }[] = [];
  const open: Driver['openPublisher'] = (options, sink) => {
    opened.push({ options, sink });
    return { ...publisher, ...parts };
  };
  const host = openPublisher(driver({ openPublisher: open }, statuses), CONNECTION, { outbox });
  const [first] = opened;
  if (first === undefined) throw new Error('it was not opened');
  return { host, ...first, statuses };
}

/** Whether it settles while the event loop turns a few times. */
export async function settles(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}
