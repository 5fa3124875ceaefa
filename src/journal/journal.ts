import type { HostError } from '../errors.ts';
import type { DeadLetters, Inbox, Outbox, Sessions } from '../journal.ts';
import type { Holding } from './admin/holdings.ts';
import type { Durability } from './database/database.ts';
import type { Pressure } from './database/pressure.ts';
import type { CarriedOut } from './dead-letters/letter-moves.ts';
import type { Publishers } from './outgoing/publishers.ts';
import type { Size } from './tables/usage.ts';

export interface JournalOptions {
  /** The state_dir; made, mode 0700, where it is missing. */
  readonly dir: string;
  readonly durability: Durability;
  /**
   * Bytes that spilled messages, unsent publishes and dead letters may take together; 1 GiB where it is left out. At
   * the bound `onPressure` is told; nothing is dropped or refused.
   */
  readonly stateMax?: number | undefined;
  /**
   * Called at most once, when the file turned out damaged. From then on every write rejects, so nothing more may be
   * taken in; what was committed is safe.
   */
  readonly onFailure?: ((error: HostError) => void) | undefined;
  /** Intake has to stop, or, with undefined, may go on; called on each change. */
  readonly onPressure?: ((pressure: Pressure | undefined) => void) | undefined;
  /** Requests of `host dlq` were carried out while the journal was open here. */
  readonly onRequests?: ((done: CarriedOut) => void) | undefined;
}

/** What a host remembers across its restarts. */
export interface Journal {
  readonly sessions: Sessions;
  readonly deadLetters: DeadLetters;
  readonly publishers: Publishers;
  /** The inbox of a binding and of its session; one for each binding. */
  inbox(binding: string, session: { readonly clientId: string; readonly broker: string }): Inbox;
  /**
   * The outbox of a publisher session, by the client id that {@link Publishers.publisherId} gave; `broker` where several
   * brokers may have that one. `binding` is put into dead letters of its rows. The same one for each call.
   */
  outbox(clientId: string, binding: string, broker?: string): Promise<Outbox>;
  /** Bindings and publisher sessions for which something is held. Reads the file: not for hot paths. */
  holdings(): readonly Holding[];
  /** What `state_max` bounds; kept in memory. */
  size(): Size & { readonly max: number };
  /** Commits what is queued and frees the state_dir. */
  close(): Promise<void>;
}
