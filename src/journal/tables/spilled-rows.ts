import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Failures, Spill, Spilled } from '../../journal.ts';
import type { QoS } from '../../types.ts';
import { integer } from './keys.ts';
import { decodeMessage, encodeMessage, type MessageColumns } from './message.ts';
import { bytesOf, SQL_BYTES } from './usage.ts';

interface Row extends MessageColumns {
  readonly id: number;
  readonly topic: string;
  readonly qos: QoS;
  readonly retained: 0 | 1;
  readonly redelivered: 0 | 1;
  readonly raw: 0 | 1;
  readonly attempts: number;
  readonly first_at: number;
}

/** A spilled message ready to be written. */
export interface SpillColumns extends Failures {
  readonly row: number;
  readonly spill: Spill;
  readonly columns: MessageColumns;
  readonly bytes: number;
  /** Found by the write: the session of its packet id is remembered. */
  known: boolean;
}

/** @throws {HostError} ERR_INTERNAL where a number is none. */
export function spillColumns(spill: Spill, row: number): SpillColumns {
  const columns = encodeMessage(spill);
  const attempts = integer(spill.attempts, "a spilled message's attempts");
  const firstAt = integer(spill.firstAt, "a spilled message's firstAt");
  return { row, spill, columns, attempts, firstAt, bytes: bytesOf(columns), known: false };
}

/** `before`: the last row of an earlier process, which may have been at work on it and on those before. */
function spilledOf(row: Row, before: number): Spilled {
  const { id, topic, qos, attempts, first_at: firstAt } = row;
  const { event, properties } = decodeMessage(row);
  const [retained, raw] = [row.retained === 1, row.raw === 1];
  const redelivered = row.redelivered === 1 || id <= before;
  return { row: id, topic, qos, retained, redelivered, raw, event, properties, attempts, firstAt };
}

const COLUMNS = 'id, topic, qos, retained, redelivered, raw, head, data, correlation, attempts, first_at';

/** The spilled messages of all bindings; what writes is to be called inside a transaction. */
export class SpilledRows {
  readonly #before: number;
  readonly #insert: StatementSync;
  readonly #fromLetter: StatementSync;
  readonly #delete: StatementSync;
  readonly #fail: StatementSync;
  readonly #count: StatementSync;
  readonly #next: StatementSync;
  readonly #all: StatementSync;
  readonly #ofTopic: StatementSync;
  readonly #has: StatementSync;

  constructor(database: DatabaseSync) {
    this.#before = Number(database.prepare('SELECT max(id) AS id FROM spilled').get()?.id ?? 0);
    this.#insert = database.prepare(
      `INSERT INTO spilled (binding, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#fromLetter = database.prepare(
      `INSERT INTO spilled (binding, ${COLUMNS})
       SELECT binding, ?, topic, qos, retained, 1, raw, head, data, correlation, 0, first_at FROM dead_letters WHERE id = ?`,
    );
    this.#delete = database.prepare(`DELETE FROM spilled WHERE id = ? RETURNING ${SQL_BYTES} AS bytes`);
    this.#fail = database.prepare('UPDATE spilled SET attempts = ?, first_at = ? WHERE id = ?');
    this.#count = database.prepare('SELECT count(*) AS count FROM spilled WHERE binding = ?');
    this.#next = database.prepare(
      'SELECT topic FROM spilled WHERE binding = ? AND topic > ? ORDER BY topic, id LIMIT 1',
    );
    const page = (where: string) => `SELECT ${COLUMNS} FROM spilled WHERE ${where} AND id > ? ORDER BY id LIMIT ?`;
    this.#all = database.prepare(page('binding = ?'));
    this.#ofTopic = database.prepare(page('binding = ? AND topic = ?'));
    this.#has = database.prepare('SELECT 1 AS found FROM spilled WHERE binding = ? AND topic = ? LIMIT 1');
  }

  insert(binding: string, { row, spill, columns, attempts, firstAt }: SpillColumns): void {
    const { topic, qos } = spill;
    const { head, data, correlation } = columns;
    const flags = [spill.retained, spill.redelivered, spill.raw].map(Number);
    this.#insert.run(binding, row, topic, qos, ...flags, head, data, correlation, attempts, firstAt);
  }

  /** A copy of a dead letter, with no attempt counted. */
  copyLetter(row: number, letter: number): void {
    this.#fromLetter.run(row, letter);
  }

  /** Returns the bytes that it counted as; undefined where it was gone. */
  delete(row: number): number | undefined {
    return this.#delete.get(row)?.bytes as number | undefined;
  }

  fail(row: number, attempts: number, firstAt: number): void {
    this.#fail.run(attempts, firstAt, row);
  }

  count(binding: string): number {
    return Number(this.#count.get(binding)?.count);
  }

  nextTopic(binding: string, after: string): string | undefined {
    return this.#next.get(binding, after)?.topic as string | undefined;
  }

  page(binding: string, after: number, limit: number, topic: string | undefined): Spilled[] {
    const rows =
      topic === undefined ? this.#all.all(binding, after, limit) : this.#ofTopic.all(binding, topic, after, limit);
    return (rows as unknown as Row[]).map((row) => spilledOf(row, this.#before));
  }

  has(binding: string, topic: string): boolean {
    return this.#has.get(binding, topic) !== undefined;
  }
}
