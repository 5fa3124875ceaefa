import type { GroupCommit } from '../database/group-commit.ts';
import type { OutboxRows } from '../tables/outbox-rows.ts';
import { OutboxEntry } from './outbox-entry.ts';
import { PacketIds } from './packet-ids.ts';

/** Rows of one session that are ready at a time; those behind are counted, and fetched when places free up. */
export const READY_MAX = 4_096;

/**
 * Which rows of a publisher session may be sent, and their packet ids (DELIVERY, rules 5 and 7). A row has its place from
 * the moment that its commit is asked for, and may be sent from that commit on. Rows without a place lie in the journal
 * and get theirs in order; later rows wait behind them.
 */
export class Places {
  readonly ids = new PacketIds();
  readonly #commits: GroupCommit;
  readonly #rows: OutboxRows;
  readonly #publisher: number;
  /** Rows that may be sent, by key and by packet id. */
  readonly #ready = new Map<number, OutboxEntry>();
  readonly #byId = new Map<number, OutboxEntry>();
  #placed = 0;
  /** Rows without a place, in the journal or on their way into it. */
  #waiting = 0;
  /** Up to this key every row has had its place. */
  #cursor = 0;
  /** Some row came in behind one with a larger key. */
  #unsorted = false;
  #held = false;
  #refilling = false;
  /** Rows that became ready with the last commit. */
  #fresh: OutboxEntry[] = [];
  /** Rows may be sent as soon as they are committed. */
  exposes = false;
  /** Writes that concern packet ids. */
  uncommitted = 0;

  constructor(commits: GroupCommit, rows: OutboxRows, publisher: number) {
    this.#commits = commits;
    this.#rows = rows;
    this.#publisher = publisher;
  }

  get size(): number {
    return this.#placed + this.#waiting;
  }

  /** While a CONNACK is answered, no packet id is given out. */
  get held(): boolean {
    return this.#held;
  }

  /** In the order of their keys. */
  ready(): readonly OutboxEntry[] {
    const rows = [...this.#ready.values()];
    if (!this.#unsorted) return rows;
    this.#unsorted = false;
    rows.sort((a, b) => a.key - b.key);
    this.#ready.clear();
    for (const row of rows) this.#ready.set(row.key, row);
    return rows;
  }

  byId(packetId: number): OutboxEntry | undefined {
    return this.#byId.get(packetId);
  }

  byKey(key: number): OutboxEntry | undefined {
    return this.#ready.get(key);
  }

  hold(): void {
    this.#held = true;
  }

  /** Rows that came in meanwhile get their places with the next commit. */
  unhold(): void {
    this.#held = false;
  }

  /** A row that is to be written takes its place in the order; its packet id where it gets one now. */
  issue(entry: OutboxEntry): void {
    const isFree = !this.#held && this.#waiting === 0 && this.#placed < READY_MAX;
    const packetId = isFree && entry.qos > 0 ? this.ids.take() : 0;
    if (!isFree || packetId === undefined) {
      this.#waiting++;
      return;
    }
    this.#cursor = entry.key;
    this.place(entry, packetId);
  }

  /** Gives a place whatever waits. */
  place(entry: OutboxEntry, packetId: number): void {
    entry.packetId = packetId;
    entry.placed = true;
    this.#placed++;
    this.uncommitted++;
  }

  /** An {@link issue issued} row is committed. */
  written(entry: OutboxEntry): void {
    if (!entry.placed) return;
    this.uncommitted--;
    this.admit(entry);
    this.#fresh.push(entry);
  }

  /** A row that was found in the journal, with its packet id. */
  restore(entry: OutboxEntry): void {
    this.ids.occupy(entry.packetId);
    this.ids.continueAfter(entry.packetId);
    this.#placed++;
    entry.placed = true;
    this.admit(entry);
  }

  /** A row that was aside is ready again under its packet id. */
  giveBack(entry: OutboxEntry): void {
    this.#placed++;
    entry.placed = true;
    this.#unsorted = true;
    this.admit(entry);
    this.#fresh.push(entry);
  }

  /** A committed row may be sent from now on. */
  admit(entry: OutboxEntry): void {
    entry.exposed ||= this.exposes;
    this.#ready.set(entry.key, entry);
    if (entry.packetId > 0) this.#byId.set(entry.packetId, entry);
  }

  /** The row is gone or set aside; false where it was already. */
  remove(entry: OutboxEntry): boolean {
    if (!this.#ready.delete(entry.key)) return false;
    this.#byId.delete(entry.packetId);
    this.#placed--;
    entry.letGo();
    return true;
  }

  /** New packet ids, which are committed; the old ones are free already. */
  renumber(entries: readonly OutboxEntry[], packetIds: readonly number[]): void {
    this.#byId.clear();
    entries.forEach((entry, index) => {
      entry.packetId = packetIds[index] ?? 0;
      this.#byId.set(entry.packetId, entry);
    });
  }

  /** Rows without a packet id are in the journal. */
  wait(count: number): void {
    this.#waiting += count;
  }

  /** What became ready since the last call, in order. */
  takeFresh(): readonly OutboxEntry[] {
    const rows = this.#fresh;
    if (rows.length > 0) this.#fresh = [];
    return rows;
  }

  /** Asks for a commit that gives rows that wait their places, as far as there are any (rule 5). */
  refill(): void {
    const room = READY_MAX - this.#placed;
    if (this.#waiting === 0 || this.#held || this.#refilling || room <= 0 || this.ids.free === 0) return;
    const entries = this.#nextWaiting(room);
    if (entries.length === 0) return;
    this.#refilling = true;
    this.uncommitted++;
    this.#placed += entries.length;
    this.#waiting -= entries.length;
    this.#cursor = entries[entries.length - 1]?.key ?? this.#cursor;
    this.#commits.writeSoon(
      () => {
        for (const { key, packetId } of entries) if (packetId > 0) this.#rows.identify(key, packetId);
      },
      () => this.#refilled(entries),
    );
  }

  #nextWaiting(limit: number): OutboxEntry[] {
    const found = this.#commits.read(() => this.#rows.waiting(this.#publisher, this.#cursor, limit));
    const entries: OutboxEntry[] = [];
    for (const { id, qos, bytes } of found) {
      // One at QoS 0 that somebody waited for has no packet id, but its place.
      if (this.#ready.has(id)) continue;
      const packetId = qos === 0 ? 0 : this.ids.take();
      if (packetId === undefined) break;
      const entry = new OutboxEntry(id, qos, bytes);
      entry.packetId = packetId;
      entry.placed = true;
      entries.push(entry);
    }
    return entries;
  }

  #refilled(entries: readonly OutboxEntry[]): void {
    this.#refilling = false;
    this.uncommitted--;
    // A row that somebody waits for may have come in before these.
    this.#unsorted = true;
    for (const entry of entries) this.admit(entry);
    this.#fresh.push(...entries);
  }
}
