import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ArrivalId, Failures } from '../../journal.ts';

/** Packet ids have 16 bits [MQTT-2.2.1]; the rest of a row's id is the session. */
export const PACKET_IDS = 65_536;

/** The failed attempts of the message with that digest. */
export interface Attempts extends Failures {
  readonly digest: string;
}

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
  readonly #unmark: StatementSync;
  readonly #fail: StatementSync;
  readonly #forgive: StatementSync;
  readonly #clearMarkers: StatementSync;
  readonly #clearAttempts: StatementSync;

  constructor(database: DatabaseSync) {
    this.#session = database.prepare('SELECT id FROM sessions WHERE client_id = ? AND broker = ?');
    this.#markers = database.prepare('SELECT id, digest FROM markers WHERE id >= ? AND id < ?');
    this.#attempts = database.prepare('SELECT * FROM attempts WHERE id >= ? AND id < ?');
    this.#mark = database.prepare('INSERT OR REPLACE INTO markers (id, digest) VALUES (?, ?)');
    this.#unmark = database.prepare('DELETE FROM markers WHERE id = ?');
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

  /** Whether there was one. */
  unmark(session: number, packetId: number): boolean {
    return this.#unmark.run(session * PACKET_IDS + packetId).changes > 0;
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
