import type { Outbox, OutboxRow, OutgoingEvent } from '../../journal.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Move } from '../dead-letters/letter-moves.ts';
import type { Keys } from '../tables/keys.ts';
import type { LetterRows } from '../tables/letter-rows.ts';
import { encodeMessage, type MessageColumns } from '../tables/message.ts';
import { type OutboxRows, STATE } from '../tables/outbox-rows.ts';
import { bytesOf, type Usage } from '../tables/usage.ts';
import { type ConnectedRows, OutboxConnection, type OutboxOwner } from './outbox-connection.ts';
import { type EventBudget, OutboxEntry } from './outbox-entry.ts';
import { Places } from './places.ts';

export interface OutboxParts {
  readonly commits: GroupCommit;
  readonly usage: Usage;
  readonly keys: Keys;
  readonly rows: OutboxRows;
  readonly letters: LetterRows;
  readonly events: EventBudget;
}

const DONE = Promise.resolve();

/**
 * The journal's side of one publisher session (DELIVERY, "Out", rules 5 to 8). Keys and packet ids are given out when a
 * write is asked for, so that its statements may run again after a rollback; all else changes with the commit.
 */
export class JournaledOutbox implements Outbox {
  readonly publisher: number;
  readonly #parts: OutboxParts;
  /** Put into the dead letters of its rows. */
  readonly #binding: string;
  readonly #places: Places;
  readonly #connection: OutboxConnection;
  /** Parked and abandoned rows by key: their packet ids stay taken. */
  readonly #parked = new Map<number, OutboxEntry>();
  readonly #abandoned = new Map<number, OutboxEntry>();
  #listener: (rows: readonly OutboxRow[]) => void = () => {};

  constructor(parts: OutboxParts, owner: OutboxOwner, binding: string) {
    this.publisher = owner.id;
    this.#parts = parts;
    this.#binding = binding;
    this.#places = new Places(parts.commits, parts.rows, owner.id);
    this.#connection = new OutboxConnection({ ...parts, owner, places: this.#places, abandoned: this.#abandoned });
    this.#restore(owner.known);
    parts.commits.onCommit(() => this.#committed());
  }

  #restore(known: boolean): void {
    const { rows } = this.#parts;
    for (const { id, qos, bytes, packet_id: packetId, state } of rows.identified(this.publisher)) {
      const entry = new OutboxEntry(id, qos, bytes);
      entry.packetId = packetId ?? 0;
      if (state === STATE.parked || state === STATE.abandoned) {
        this.#places.ids.occupy(entry.packetId);
        (state === STATE.parked ? this.#parked : this.#abandoned).set(id, entry);
        continue;
      }
      entry.released = state === STATE.released;
      entry.exposed = known;
      this.#places.restore(entry);
    }
    this.#places.wait(rows.waitingCount(this.publisher));
  }

  /** Resolves when the first rows that wait have their packet ids. */
  async start(): Promise<void> {
    this.#places.refill();
    if (this.#places.uncommitted > 0) await this.#parts.commits.settled();
  }

  get size(): number {
    return this.#places.size;
  }

  ready(): readonly OutboxRow[] {
    return this.#places.ready();
  }

  get(packetId: number): OutboxRow | undefined {
    return this.#places.byId(packetId);
  }

  load(row: OutboxRow): OutgoingEvent | undefined {
    const entry = this.#places.byKey(row.key);
    if (entry === undefined) return undefined;
    return entry.event ?? this.#parts.commits.read(() => this.#parts.rows.message(row.key));
  }

  onReady(listener: (rows: readonly OutboxRow[]) => void): void {
    this.#listener = listener;
  }

  // ---------------------------------------------------------------- rows that come in

  add(event: OutgoingEvent): { readonly row: OutboxRow; readonly committed: Promise<void> } | undefined {
    if (this.#places.held) return undefined;
    const columns = encodeMessage(event);
    const packetId = event.qos === 0 ? 0 : this.#places.ids.take();
    if (packetId === undefined) return undefined;
    const entry = new OutboxEntry(this.#parts.keys.outbox(), event.qos, bytesOf(columns));
    this.#places.place(entry, packetId);
    entry.hold(event, this.#parts.events);
    const committed = this.#parts.commits.write(
      () => this.write(entry, columns, event),
      () => {
        this.#parts.usage.change('unsent', 1, entry.bytes);
        this.#places.uncommitted--;
        this.#places.admit(entry);
      },
    );
    return { row: entry, committed };
  }

  /** A row of a transaction takes its key, and its packet id where it gets one; {@link write}, {@link written} follow. */
  issue(event: OutgoingEvent, columns: MessageColumns): OutboxEntry {
    const entry = new OutboxEntry(this.#parts.keys.outbox(), event.qos, bytesOf(columns));
    this.#places.issue(entry);
    if (entry.placed) entry.hold(event, this.#parts.events);
    return entry;
  }

  /** In the transaction. */
  write(entry: OutboxEntry, columns: MessageColumns, event: OutgoingEvent): void {
    const packetId = entry.packetId === 0 ? null : entry.packetId;
    this.#parts.rows.insert(this.publisher, entry.key, packetId, event, columns);
  }

  /** After its commit. */
  written(entry: OutboxEntry): void {
    this.#parts.usage.change('unsent', 1, entry.bytes);
    this.#places.written(entry);
  }

  reserve(): number | undefined {
    return this.#places.held ? undefined : this.#places.ids.take();
  }

  unreserve(packetId: number): void {
    this.#places.ids.release(packetId);
    this.#places.refill();
  }

  /** Replays and purges of its dead letters are committed. */
  replayed(moves: readonly Move[]): void {
    for (const move of moves) {
      if (move.to === 'outbox') this.#places.wait(1);
      else if (move.to === 'parked') this.#unparked(move.row, move.letter.bytes);
      else if (move.to === 'abandoned') this.#setAside(move.row);
    }
  }

  #unparked(key: number, bytes: number): void {
    const parked = this.#parked.get(key);
    if (parked === undefined) return;
    this.#parked.delete(key);
    const entry = new OutboxEntry(key, parked.qos, bytes);
    entry.packetId = parked.packetId;
    entry.again = true;
    entry.exposed = true;
    this.#places.giveBack(entry);
  }

  /** Of a parked row whose dead letter is gone nothing but the packet id matters. */
  #setAside(key: number): void {
    const entry = this.#parked.get(key);
    if (entry === undefined) return;
    this.#parked.delete(key);
    this.#abandoned.set(key, entry);
  }

  /** After each commit, whatever it was of. */
  #committed(): void {
    const rows = this.#places.takeFresh();
    if (rows.length > 0) this.#listener(rows);
    this.#places.refill();
  }

  connecting(): Promise<void> {
    return this.#connection.connecting();
  }

  connected(sessionPresent: boolean): Promise<ConnectedRows> {
    return this.#connection.connected(sessionPresent);
  }

  // ---------------------------------------------------------------- rows that are sent

  release(row: OutboxRow): Promise<void> {
    const entry = this.#places.byKey(row.key);
    if (entry === undefined || entry.released) return DONE;
    return this.#change(
      () => this.#parts.rows.release(entry.key),
      () => {
        entry.released = true;
        // PUBREL is all that is sent of it, unless the session is lost.
        entry.letGo();
      },
    );
  }

  delete(row: OutboxRow): Promise<void> {
    const entry = this.#places.byKey(row.key);
    if (entry === undefined) return DONE;
    return this.#change(
      () => this.#parts.rows.delete(entry.key),
      () => this.#gone(entry),
    );
  }

  refuse(row: OutboxRow, reason: string): Promise<void> {
    const entry = this.#places.byKey(row.key);
    if (entry === undefined) return DONE;
    const deadAt = Date.now();
    return this.#change(
      () => {
        this.#parts.letters.copyOutbox(entry.key, this.#binding, reason, deadAt, false);
        this.#parts.rows.delete(entry.key);
      },
      () => {
        if (this.#gone(entry)) this.#parts.usage.change('deadLetters', 1, entry.bytes);
      },
    );
  }

  park(row: OutboxRow, reason: string): Promise<void> {
    const entry = this.#places.byKey(row.key);
    if (entry === undefined) return DONE;
    if (entry.packetId === 0) return this.refuse(row, reason);
    const deadAt = Date.now();
    return this.#change(
      () => {
        this.#parts.letters.copyOutbox(entry.key, this.#binding, reason, deadAt, true);
        this.#parts.rows.park(entry.key);
      },
      () => {
        if (!this.#places.remove(entry)) return;
        this.#parked.set(entry.key, entry);
        this.#parts.usage.change('unsent', -1, -entry.bytes);
        this.#parts.usage.change('deadLetters', 1, entry.bytes);
      },
    );
  }

  #change(apply: () => void, committed: () => void): Promise<void> {
    this.#places.uncommitted++;
    return this.#parts.commits.write(apply, () => {
      this.#places.uncommitted--;
      committed();
    });
  }

  /** False where it was gone already. */
  #gone(entry: OutboxEntry): boolean {
    if (!this.#places.remove(entry)) return false;
    this.#places.ids.release(entry.packetId);
    this.#parts.usage.change('unsent', -1, -entry.bytes);
    return true;
  }
}
