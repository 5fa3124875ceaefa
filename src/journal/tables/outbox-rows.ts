import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { OutgoingEvent } from '../../journal.ts';
import type { QoS } from '../../types.ts';
import { decodeMessage, type MessageColumns } from './message.ts';
import { SQL_BYTES } from './usage.ts';

/** The column `state`. */
export const STATE = { new: 0, released: 1, parked: 2, abandoned: 3 } as const;

/** A row without its message. */
export interface FoundRow {
  readonly id: number;
  readonly packet_id: number | null;
  readonly state: 0 | 1 | 2 | 3;
  readonly qos: QoS;
  readonly bytes: number;
}

interface MessageRow extends MessageColumns {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: 0 | 1;
  readonly format: OutgoingEvent['format'];
  readonly added_at: number;
}

const INSERT = `INSERT INTO outbox
  (id, publisher, packet_id, state, topic, qos, retain, format, added_at, head, data, correlation)
  VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)`;

const FROM_LETTER = `INSERT INTO outbox
  (id, publisher, packet_id, state, topic, qos, retain, format, added_at, head, data, correlation)
  SELECT ?, publisher, NULL, 0, topic, qos, retain, format, ?, head, data, correlation
  FROM dead_letters WHERE id = ?`;

const UNPARK = `UPDATE outbox SET (state, added_at, head, data, correlation) =
  (SELECT 0, ?, head, data, correlation FROM dead_letters WHERE id = ?) WHERE id = ? AND state = ${STATE.parked}`;

/** Only the packet id is kept. */
const EMPTY = `UPDATE outbox SET state = ?, head = '', data = x'', correlation = NULL WHERE id = ?`;

/** The publishes of all publisher sessions; what writes is to be called inside a transaction. */
export class OutboxRows {
  readonly #insert: StatementSync;
  readonly #fromLetter: StatementSync;
  readonly #unpark: StatementSync;
  readonly #empty: StatementSync;
  readonly #identify: StatementSync;
  readonly #release: StatementSync;
  readonly #delete: StatementSync;
  readonly #dropAbandoned: StatementSync;
  readonly #doubt: StatementSync;
  readonly #sure: StatementSync;
  readonly #message: StatementSync;
  readonly #identified: StatementSync;
  readonly #waiting: StatementSync;
  readonly #waitingCount: StatementSync;

  constructor(database: DatabaseSync) {
    const found = `SELECT id, packet_id, state, qos, ${SQL_BYTES} AS bytes FROM outbox WHERE publisher = ?`;
    this.#insert = database.prepare(INSERT);
    this.#fromLetter = database.prepare(FROM_LETTER);
    this.#unpark = database.prepare(UNPARK);
    this.#empty = database.prepare(EMPTY);
    this.#identify = database.prepare('UPDATE outbox SET packet_id = ?, state = 0 WHERE id = ?');
    this.#release = database.prepare(`UPDATE outbox SET state = ${STATE.released} WHERE id = ?`);
    this.#delete = database.prepare('DELETE FROM outbox WHERE id = ?');
    this.#dropAbandoned = database.prepare(`DELETE FROM outbox WHERE publisher = ? AND state = ${STATE.abandoned}`);
    this.#doubt = database.prepare('UPDATE publishers SET in_doubt = 1 WHERE id = ?');
    this.#sure = database.prepare('UPDATE publishers SET in_doubt = 0, known = 1 WHERE id = ?');
    this.#message = database.prepare(
      'SELECT topic, qos, retain, format, added_at, head, data, correlation FROM outbox WHERE id = ?',
    );
    this.#identified = database.prepare(`${found} AND packet_id IS NOT NULL ORDER BY id`);
    this.#waiting = database.prepare(`${found} AND packet_id IS NULL AND id > ? ORDER BY id LIMIT ?`);
    this.#waitingCount = database.prepare(
      'SELECT count(*) AS count FROM outbox WHERE publisher = ? AND packet_id IS NULL',
    );
  }

  insert(publisher: number, key: number, packetId: number | null, event: OutgoingEvent, columns: MessageColumns): void {
    const { topic, qos, retain, format } = event;
    const { head, data, correlation } = columns;
    const flag = retain ? 1 : 0;
    this.#insert.run(key, publisher, packetId, topic, qos, flag, format, Date.now(), head, data, correlation);
  }

  /** A copy of a dead letter at the end, without a packet id. Its expiry counts anew. */
  copyLetter(key: number, letter: number): void {
    this.#fromLetter.run(key, Date.now(), letter);
  }

  /** Gives a parked row the message of its letter back; false where there is no such row. */
  unpark(key: number, letter: number): boolean {
    return this.#unpark.run(Date.now(), letter, key).changes > 0;
  }

  park(key: number): void {
    this.#empty.run(STATE.parked, key);
  }

  abandon(key: number): void {
    this.#empty.run(STATE.abandoned, key);
  }

  /** Gives a row its packet id; it is not released. */
  identify(key: number, packetId: number | null): void {
    this.#identify.run(packetId, key);
  }

  release(key: number): void {
    this.#release.run(key);
  }

  delete(key: number): void {
    this.#delete.run(key);
  }

  dropAbandoned(publisher: number): void {
    this.#dropAbandoned.run(publisher);
  }

  /** The publisher's {in doubt}. */
  doubt(publisher: number): void {
    this.#doubt.run(publisher);
  }

  sure(publisher: number): void {
    this.#sure.run(publisher);
  }

  message(key: number): OutgoingEvent | undefined {
    const row = this.#message.get(key) as unknown as MessageRow | undefined;
    if (row === undefined) return undefined;
    const { topic, qos, format } = row;
    const { event, properties } = decodeMessage(row);
    const { expiry } = properties;
    const expiresAt = expiry === undefined ? undefined : row.added_at + expiry * 1000;
    return { topic, qos, retain: row.retain === 1, format, event, properties, expiresAt };
  }

  /** Rows with a packet id, in order. */
  identified(publisher: number): readonly FoundRow[] {
    return this.#identified.all(publisher) as unknown as FoundRow[];
  }

  /** Rows without one after `after`, in order. */
  waiting(publisher: number, after: number, limit: number): readonly FoundRow[] {
    return this.#waiting.all(publisher, after, limit) as unknown as FoundRow[];
  }

  waitingCount(publisher: number): number {
    return Number(this.#waitingCount.get(publisher)?.count);
  }
}
