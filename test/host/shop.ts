import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.ts';
import { type Journal, openJournal } from '../../src/journal/index.ts';
import type { DeadLetter, Outbox, OutgoingEvent } from '../../src/journal.ts';
import { groupPublishers } from '../../src/publish/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { tempDirectory } from '../support/temp.ts';
import { command, type Outcome } from './command.ts';
import { message } from './samples.ts';

export const ORDERS = ['name = "orders"', 'url = "tcp://127.0.0.1:1"', 'qos = 2', 'topic = "orders/#"'];
export const ARCHIVE = ['name = "archive"', 'url = "tcp://127.0.0.1:2"', 'qos = 2', 'publish = ["archive/#"]'];

/** An app that never ran, with the journal of one that did. */
export class Shop {
  readonly directory = tempDirectory('shop');
  readonly file = join(this.directory, 'shop.toml');
  readonly stateDir = join(this.directory, '.host', 'shop');

  constructor(...bindings: readonly (readonly string[])[]) {
    this.write(...bindings);
  }

  write(...bindings: readonly (readonly string[])[]): void {
    const tables = bindings.flatMap((lines) => ['[[capability.config]]', ...lines, '']);
    const top = ['specversion = "0.2"', 'name = "shop"', '', '[[capability]]', 'name = "pubsub.mqtt"', ''];
    writeFileSync(this.file, [...top, ...tables].join('\n'));
  }

  /** The journal as a running host holds it, until it is closed or the test ends. */
  async open(): Promise<Journal> {
    const journal = await openJournal({ dir: this.stateDir, durability: 'process' });
    atEnd(() => journal.close());
    return journal;
  }

  /** `host <first> <second> shop.toml …` */
  run(words: string, ...args: readonly string[]): Promise<Outcome> {
    return command([...words.split(' '), this.file, ...args]);
  }
}

/** The call of a message ends with its dead letter. */
export async function bury(journal: Journal, changes: Partial<DeadLetter> = {}): Promise<void> {
  const { kind: _kind, id: _id, publisher: _publisher, parked: _parked, ...death } = message();
  const deadLetter = { ...death, retained: false, raw: false, ...changes };
  const inbox = journal.inbox(deadLetter.binding, {
    clientId: `shop-${deadLetter.binding}`,
    broker: 'tcp://127.0.0.1:1',
  });
  await inbox.settle({ marker: false, publishes: [], deadLetter });
}

/** The outbox of the publisher session of a binding, as the host would open it. */
export async function outboxOf(shop: Shop, journal: Journal, binding: string): Promise<Outbox> {
  const { bindings } = await loadConfig(shop.file, {});
  const groups = groupPublishers(bindings, ({ name }) => `shop-${name}-${journal.sessions.instance}`);
  const session = groups.find((group) => group.bindings.some(({ name }) => name === binding));
  if (session === undefined) throw new Error(`no binding "${binding}"`);
  const broker = session.connection.addresses.map(({ display }) => display).join(' ');
  const clientId = await journal.publishers.publisherId(session.key, session.clientId, broker);
  return journal.outbox(clientId, binding, broker);
}

export function outgoing(changes: Partial<OutgoingEvent> = {}): OutgoingEvent {
  const { event, properties } = message();
  return { topic: 'archive/17', qos: 2, retain: false, format: 'cloudevents', event, properties, ...changes };
}

/** A publish that waits for its broker. */
export async function unsent(outbox: Outbox, changes: Partial<OutgoingEvent> = {}) {
  const added = outbox.add(outgoing(changes));
  if (added === undefined) throw new Error('no packet id is free');
  await added.committed;
  return added.row;
}
