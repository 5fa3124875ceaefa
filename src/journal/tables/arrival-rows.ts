import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ArrivalId, Failures } from '../../journal.ts';

/** Packet ids have 16 bits [MQTT-2.2.1]; the rest of a row's id is the session. */
export const PACKET_IDS = 65_536;

/** The failed attempts of the message with that digest. */
export interface Attempts extends Failures {
  readonly digest: string;
}

/** Rows that one statement inserts, in about half the time that as many statements take. */
const MANY = 8;

interface Row {
  readonly id: number;
  readonly digest: string;
  readonly attempts: number;
  readonly first_at: number;
}

/** Markers and attempts of all sessions. What writes is to be called inside a transaction. */
export class ArrivalRows {
  readonly #session: StatementSync;
  readonly #markers: StatementSync;
  readonly #attempts: StatementSync;
  readonly #mark: StatementSync;
  readonly #markMany: StatementSync;
  readonly #unmark: StatementSync;
  readonly #countMarkers: StatementSync;
  readonly #fail: StatementSync;
  readonly #forgive: StatementSync;
  readonly #clearMarkers: StatementSync;
  readonly #clearAttempts: StatementSync;

  constructor(database: DatabaseSync) {
    this.#session = database.prepare('SELECT id FROM sessions WHERE client_id = ? AND broker = ?');
    this.#markers = database.prepare('SELECT id, digest FROM markers WHERE id >= ? AND id < ?');
    this.#attempts = database.prepare('SELECT * FROM attempts WHERE id >= ? AND id < ?');
    const mark = 'INSERT OR REPLACE INTO markers (id, digest) VALUES (?, ?)';
    this.#mark = database.prepare(mark);
    this.#markMany = database.prepare(mark + ', (?, ?)'.repeat(MANY - 1));
    this.#unmark = database.prepare('DELETE FROM markers WHERE id = ?');
    this.#countMarkers = database.prepare('SELECT count(*) AS count FROM markers WHERE id >= ? AND id < ?');
    this.#fail = database.prepare(
      'INSERT OR REPLACE INTO attempts (id, digest, attempts, first_at) VALUES (?, ?, ?, ?)',
    );
    this.#forgive = database.prepare('DELETE FROM attempts WHERE id = ?');
    this.#clearMarkers = database.prepare('DELETE FROM markers WHERE id >= ? AND id < ?');
    this.#clearAttempts = database.prepare('DELETE FROM attempts WHERE id >= ? AND id < ?');
  }

  /** The id of a remembered session. */
  session(clientId: string, broker: string): number | undefined {
    return this.#session.get(clientId, broker)?.id as number | undefined;
  }

  markers(session: number): Map<number, string> {
    const rows = this.#markers.all(session * PACKET_IDS, (session + 1) * PACKET_IDS) as unknown as Row[];
    return new Map(rows.map(({ id, digest }) => [id % PACKET_IDS, digest]));
  }

  attempts(session: number): Map<number, Attempts> {
    const rows = this.#attempts.all(session * PACKET_IDS, (session + 1) * PACKET_IDS) as unknown as Row[];
    return new Map(
      rows.map(({ id, digest, attempts, first_at: firstAt }) => [id % PACKET_IDS, { digest, attempts, firstAt }]),
    );
  }

  mark(session: number, { packetId, digest }: ArrivalId): void {
    this.#mark.run(session * PACKET_IDS + packetId, digest);
  }

  markAll(session: number, ids: readonly ArrivalId[]): void {
    const whole = ids.length - (ids.length % MANY);
    for (let from = 0; from < whole; from += MANY) {
      const rows = ids.slice(from, from + MANY);
      this.#markMany.run(...rows.flatMap(({ packetId, digest }) => [session * PACKET_IDS + packetId, digest]));
    }
    for (const id of ids.slice(whole)) this.mark(session, id);
  }

  /** Whether there was one. */
  unmark(session: number, packetId: number): boolean {
    return this.#unmark.run(session * PACKET_IDS + packetId).changes > 0;
  }

  /** The same for several; those with packet ids in a row, as brokers give them, by one statement. */
  unmarkAll(session: number, packetIds: readonly number[]): boolean[] {
    const found = new Array<boolean>(packetIds.length).fill(true);
    const at = packetIds.map((_, index) => index).sort((a, b) => (packetIds[a] ?? 0) - (packetIds[b] ?? 0));
    for (let from = 0, end = 0; from < at.length; from = end) {
      const first = packetIds[at[from] ?? 0] ?? 0;
      for (end = from + 1; end < at.length && packetIds[at[end] ?? 0] === first + end - from; ) end++;
      if (this.#unmarkRow(session, first, end - from)) continue;
      for (const index of at.slice(from, end)) found[index] = this.unmark(session, packetIds[index] ?? 0);
    }
    return found;
  }

  /** False, and nothing is done, where not all of them are there. */
  #unmarkRow(session: number, first: number, count: number): boolean {
    if (count === 1) return false;
    const [from, to] = [session * PACKET_IDS + first, session * PACKET_IDS + first + count];
    if (this.#countMarkers.get(from, to)?.count !== count) return false;
    this.#clearMarkers.run(from, to);
    return true;
  }

  fail(session: number, { packetId, digest }: ArrivalId, { attempts, firstAt }: Failures): void {
    this.#fail.run(session * PACKET_IDS + packetId, digest, attempts, firstAt);
  }

  forgive(session: number, packetId: number): void {
    this.#forgive.run(session * PACKET_IDS + packetId);
  }

  clear(session: number): void {
    this.#clearMarkers.run(session * PACKET_IDS, (session + 1) * PACKET_IDS);
    this.#clearAttempts.run(session * PACKET_IDS, (session + 1) * PACKET_IDS);
  }
}
