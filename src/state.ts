import { type HostConfig, nameBindings } from './config/index.ts';
import type { HostError } from './errors.ts';
import { freshNotice, identityOf, publisherKeys } from './identity.ts';
import { assertNothingHeld, type Journal, openJournal, type Pressure } from './journal/index.ts';
import { groupPublishers } from './publish/index.ts';

/** How often dead letters that were kept long enough are deleted, in milliseconds. */
const EXPIRE_EVERY = 3_600_000;

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
  const { name, bindings, file } = config;
  const sessions = groupPublishers(bindings, (binding) => identityOf(binding, name, journal.sessions).clientId);
  const keys = publisherKeys(sessions, journal.publishers.all());
  const subscribing = bindings.filter(({ kind }) => kind !== 'publish-only').map((binding) => binding.name);
  assertNothingHeld(journal.holdings(), { bindings: subscribing, publishers: [...keys.values()], file });
  return keys;
}

/**
 * Opens the journal of an app, and settles who is who in it.
 * @throws HostError as `openJournal`; ERR_STATE_HELD where it holds something for what is gone from the config
 */
export async function openState(written: HostConfig, sink: StateSink): Promise<OpenState> {
  const { stateDir: dir, durability, stateMax, deadLetterKeep } = written;
  const { failed: onFailure, pressure: onPressure } = sink;
  const journal = await openJournal({ dir, durability, stateMax, onFailure, onPressure });
  try {
    const config = nameBindings(written, journal.sessions.all());
    const keys = keysOf(config, journal);
    const fresh = freshNotice(config, journal.sessions);
    if (fresh !== undefined) sink.notice(fresh);
    const expire = () => journal.deadLetters.expire(Date.now() - deadLetterKeep);
    await expire();
    // The journal reports its own failure.
    const timer = setInterval(() => void expire().catch(() => {}), EXPIRE_EVERY).unref();
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
