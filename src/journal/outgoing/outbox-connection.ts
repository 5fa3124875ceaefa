import type { GroupCommit } from '../database/group-commit.ts';
import type { OutboxRows } from '../tables/outbox-rows.ts';
import type { OutboxEntry } from './outbox-entry.ts';
import type { Places } from './places.ts';

/** The publisher session that an outbox belongs to, as the journal found it. */
export interface OutboxOwner {
  readonly id: number;
  readonly inDoubt: boolean;
  /** A CONNACK was seen, so its rows may have been sent. */
  readonly known: boolean;
}

/** What a CONNACK means for the rows; see the port. */
export interface ConnectedRows {
  readonly mayRepeat: number;
  readonly mayBeLost: number;
}

export interface ConnectionParts {
  readonly commits: GroupCommit;
  readonly rows: OutboxRows;
  readonly owner: OutboxOwner;
  readonly places: Places;
  /** Rows of which only the packet id is kept, until the session is lost. */
  readonly abandoned: Map<number, OutboxEntry>;
}

/** What an outbox commits around each CONNECT (DELIVERY, "Connecting" and rule 6). */
export class OutboxConnection {
  readonly #parts: ConnectionParts;
  #inDoubt: boolean;
  #startedInDoubt = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#inDoubt = parts.owner.inDoubt;
  }

  async connecting(): Promise<void> {
    const { commits, rows, places, owner } = this.#parts;
    // What an earlier connection commits clears the doubt: it comes first.
    while (places.held) await commits.settled();
    places.exposes = false;
    this.#startedInDoubt = this.#inDoubt;
    if (this.#inDoubt) return;
    await commits.write(
      () => rows.doubt(owner.id),
      () => {
        this.#inDoubt = true;
      },
    );
  }

  async connected(sessionPresent: boolean): Promise<ConnectedRows> {
    const { places, commits } = this.#parts;
    places.hold();
    while (places.uncommitted > 0) await commits.settled();
    const rows = places.ready();
    const mayBeLost = sessionPresent && this.#startedInDoubt ? rows.filter(({ released }) => released).length : 0;
    const identified = rows.filter(({ packetId }) => packetId > 0);
    const mayRepeat = sessionPresent ? 0 : identified.filter(({ exposed }) => exposed).length;
    places.uncommitted++;
    await (sessionPresent ? this.#resume() : this.#renumber(identified));
    return { mayRepeat, mayBeLost };
  }

  #resume(): Promise<void> {
    const { commits, rows, owner } = this.#parts;
    return commits.write(
      () => rows.sure(owner.id),
      () => this.#resumed(),
    );
  }

  #resumed(): void {
    const { places } = this.#parts;
    this.#inDoubt = false;
    places.uncommitted--;
    places.exposes = true;
    for (const entry of places.ready()) entry.exposed = true;
    places.unhold();
  }

  /** The broker has lost the session, so that nothing that it held counts any more. */
  #renumber(entries: readonly OutboxEntry[]): Promise<void> {
    const { commits, rows, places, owner } = this.#parts;
    for (const { packetId } of entries) places.ids.release(packetId);
    const packetIds = entries.map(() => places.ids.take() ?? 0);
    return commits.write(
      () => {
        for (const [index, { key }] of entries.entries()) rows.identify(key, packetIds[index] ?? 0);
        rows.dropAbandoned(owner.id);
        rows.sure(owner.id);
      },
      () => this.#renumbered(entries, packetIds),
    );
  }

  #renumbered(entries: readonly OutboxEntry[], packetIds: readonly number[]): void {
    const { places, abandoned } = this.#parts;
    places.renumber(entries, packetIds);
    for (const entry of entries) entry.released = entry.again = false;
    for (const { packetId } of abandoned.values()) places.ids.release(packetId);
    abandoned.clear();
    this.#resumed();
  }
}
