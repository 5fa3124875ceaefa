import { brokerIdentity, type HostConfig, nameBindings } from '../config/index.ts';
import type { HostError } from '../errors.ts';
import {
  assertNothingHeld,
  type CarriedOut,
  type Journal,
  openJournal,
  type Pressure,
  type Size,
} from '../journal/index.ts';
import { groupPublishers, type PublisherSession } from '../publish/index.ts';
import { counted } from '../words.ts';
import { freshNotice, identityOf, publisherKeys } from './identity.ts';

/** How often dead letters that were kept long enough are deleted, in milliseconds: as often as is kept, between these. */
const EXPIRE_EVERY = { least: 1_000, most: 3_600_000 };

export interface StateSink {
  /** The journal has failed for good. */
  failed(error: HostError): void;
  pressure(pressure: Pressure | undefined): void;
  notice(text: string): void;
}

/** An app's state_dir, open. */
export interface OpenState {
  readonly journal: Journal;
  /** With the names that the journal remembers for bindings without one. */
  readonly config: HostConfig;
  /** By its key, the key under which the journal knows each publisher session. */
  readonly publisherKeys: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Everything in the journal has to belong to a binding or a broker of today. */
function keysOf(config: HostConfig, journal: Journal): ReadonlyMap<string, string> {
  const { name, bindings, file, origins } = config;
  const sessions = groupPublishers(bindings, (binding) => identityOf(binding, name, journal.sessions).clientId);
  const keys = publisherKeys(sessions, journal.publishers.all());
  const subscribing = bindings.filter(({ kind }) => kind !== 'publish-only').map((binding) => binding.name);
  const isElsewhere = file === undefined || origins.get('state_dir')?.from === 'flag';
  const stateDir = isElsewhere ? config.stateDir : undefined;
  assertNothingHeld(journal.holdings(), { bindings: subscribing, publishers: [...keys.values()], file, stateDir });
  return keys;
}

const some = (count: number, one: string, more: string) => (count === 0 ? [] : [counted(count, one, more)]);

/** What an earlier run left behind, for whoever reads the log; undefined where that is nothing. */
function heldNotice({ spilled, unsent, deadLetters }: Size): string | undefined {
  const held = [
    ...some(spilled, 'message to be handled', 'messages to be handled'),
    ...some(unsent, 'publish to be sent', 'publishes to be sent'),
    ...some(deadLetters, 'dead letter', 'dead letters'),
  ];
  return held.length === 0 ? undefined : `the journal holds from before: ${held.join(', ')}`;
}

function requestsNotice({ replayed, purged }: CarriedOut): string {
  const done = [
    ...some(replayed, 'dead letter replayed', 'dead letters replayed'),
    ...some(purged, 'dead letter deleted', 'dead letters deleted'),
  ];
  return `as "host dlq" asked: ${done.join(', ')}`;
}

/**
 * Opens the journal of an app, and settles who is who in it.
 * @throws HostError as `openJournal`; ERR_STATE_HELD where it holds something for what is gone from the config
 */
export async function openState(written: HostConfig, sink: StateSink): Promise<OpenState> {
  const { stateDir: dir, durability, stateMax, deadLetterKeep } = written;
  const { failed: onFailure, pressure: onPressure } = sink;
  const onRequests = (done: CarriedOut) => sink.notice(requestsNotice(done));
  const journal = await openJournal({ dir, durability, stateMax, onFailure, onPressure, onRequests });
  try {
    const config = nameBindings(written, journal.sessions.all());
    const keys = keysOf(config, journal);
    const fresh = freshNotice(config, journal.sessions);
    if (fresh !== undefined) sink.notice(fresh);
    const expire = () => journal.deadLetters.expire(Date.now() - deadLetterKeep);
    await expire();
    const held = heldNotice(journal.size());
    if (held !== undefined) sink.notice(held);
    // The journal reports its own failure.
    const every = Math.min(Math.max(deadLetterKeep, EXPIRE_EVERY.least), EXPIRE_EVERY.most);
    const timer = setInterval(() => void expire().catch(() => {}), every).unref();
    const close = () => {
      clearInterval(timer);
      return journal.close();
    };
    return { journal, config, publisherKeys: keys, close };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** The client id and the outbox that the journal has for a publisher session; `keys` as of {@link OpenState}. */
export function rememberedPublisher(journal: Journal, keys: ReadonlyMap<string, string>) {
  return async ({ key, clientId: proposed, connection, bindings }: PublisherSession) => {
    const known = keys.get(key) ?? key;
    const clientId = await journal.publishers.publisherId(known, proposed, brokerIdentity(connection));
    const broker = journal.publishers.all().find((one) => one.key === known)?.broker;
    return { clientId, outbox: await journal.outbox(clientId, bindings[0]?.name ?? clientId, broker) };
  };
}
