import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeadLetter, ListedDeadLetter } from '../../journal.ts';
import type { QoS } from '../../types.ts';
import { integer } from './keys.ts';
import { decodeMessage, encodeMessage, type MessageColumns } from './message.ts';
import { bytesOf, SQL_BYTES } from './usage.ts';

interface Row extends MessageColumns {
  readonly id: number;
  readonly kind: 'message' | 'publish';
  readonly binding: string;
  readonly client_id: string | null;
  readonly parked: 0 | 1;
  readonly topic: string;
  readonly qos: QoS;
  readonly error: string;
  readonly attempts: number;
  readonly first_at: number;
  readonly dead_at: number;
}

const SELECT = `SELECT letter.id, letter.kind, letter.binding, publisher.client_id, letter.parked, letter.topic, letter.qos,
    letter.head, letter.data, letter.correlation, letter.error, letter.attempts, letter.first_at, letter.dead_at
  FROM dead_letters AS letter LEFT JOIN publishers AS publisher ON publisher.id = letter.publisher`;

function listed(row: Row): ListedDeadLetter {
  const { id, kind, binding, topic, qos, error, attempts, first_at: firstAt, dead_at: deadAt } = row;
  const from = { id, kind, binding, publisher: row.client_id ?? '', parked: row.parked === 1 };
  return { ...from, topic, qos, ...decodeMessage(row), error, attempts, firstAt, deadAt };
}

/** Prepared queries of dead letters. */
export class LetterQuery {
  readonly #all: StatementSync;
  readonly #one: StatementSync;

  constructor(database: DatabaseSync) {
    this.#all = database.prepare(`${SELECT} ORDER BY letter.id`);
    this.#one = database.prepare(`${SELECT} WHERE letter.id = ?`);
  }

  /** Oldest first. */
  all(): ListedDeadLetter[] {
    return (this.#all.all() as unknown as Row[]).map(listed);
  }

  one(id: number): ListedDeadLetter | undefined {
    const row = this.#one.get(id) as unknown as Row | undefined;
    return row === undefined ? undefined : listed(row);
  }
}

/** A dead letter ready to be written. */
export interface LetterColumns {
  readonly letter: DeadLetter;
  readonly columns: MessageColumns;
  readonly attempts: number;
  readonly firstAt: number;
  readonly deadAt: number;
  readonly bytes: number;
}

/** @throws {HostError} ERR_INTERNAL where a number is none. */
export function letterColumns(letter: DeadLetter): LetterColumns {
  const columns = encodeMessage(letter);
  const attempts = integer(letter.attempts, "a dead letter's attempts");
  const firstAt = integer(letter.firstAt, "a dead letter's firstAt");
  const deadAt = integer(letter.deadAt, "a dead letter's deadAt");
  return { letter, columns, attempts, firstAt, deadAt, bytes: bytesOf(columns) };
}

const INSERT = `INSERT INTO dead_letters
  (kind, binding, topic, qos, retained, raw, head, data, correlation, error, attempts, first_at, dead_at)
  VALUES ('message', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const FROM_OUTBOX = `INSERT INTO dead_letters
  (kind, binding, publisher, parked, parked_row, topic, qos, retain, format, head, data, correlation, error, attempts,
   first_at, dead_at)
  SELECT 'publish', ?, publisher, ?, ?, topic, qos, retain, format, head, data, correlation, ?, 1, added_at, ?
  FROM outbox WHERE id = ?`;

/** What a letter of the table is, for those who move or delete it. */
export interface LetterFacts {
  readonly id: number;
  readonly kind: 'message' | 'publish';
  readonly binding: string;
  readonly publisher: number | null;
  readonly parked_row: number | null;
  readonly bytes: number;
}

/** Writes dead letters; to be called inside a transaction. Ids grow and are never used again. */
export class LetterRows {
  readonly #insert: StatementSync;
  readonly #fromOutbox: StatementSync;
  readonly #delete: StatementSync;
  readonly #facts: StatementSync;
  readonly #before: StatementSync;

  constructor(database: DatabaseSync) {
    const facts = `SELECT id, kind, binding, publisher, parked_row, ${SQL_BYTES} AS bytes FROM dead_letters`;
    this.#insert = database.prepare(INSERT);
    this.#fromOutbox = database.prepare(FROM_OUTBOX);
    this.#delete = database.prepare('DELETE FROM dead_letters WHERE id = ?');
    this.#facts = database.prepare(`${facts} WHERE id = ?`);
    this.#before = database.prepare(`${facts} WHERE dead_at < ?`);
  }

  insert({ letter, columns, attempts, firstAt, deadAt }: LetterColumns): void {
    const { binding, topic, qos, retained, raw, error } = letter;
    const { head, data, correlation } = columns;
    const flags = [retained ? 1 : 0, raw ? 1 : 0] as const;
    this.#insert.run(binding, topic, qos, ...flags, head, data, correlation, error, attempts, firstAt, deadAt);
  }

  /** A copy of an outbox row. `parked`: the row stays, for its packet id. */
  copyOutbox(key: number, binding: string, error: string, deadAt: number, parked: boolean): void {
    this.#fromOutbox.run(binding, parked ? 1 : 0, parked ? key : null, error, deadAt, key);
  }

  delete(id: number): void {
    this.#delete.run(id);
  }

  facts(id: number): LetterFacts | undefined {
    return this.#facts.get(id) as unknown as LetterFacts | undefined;
  }

  /** Those that died before `time`. */
  before(time: number): readonly LetterFacts[] {
    return this.#before.all(time) as unknown as LetterFacts[];
  }
}
