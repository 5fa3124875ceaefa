import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HostError } from '../errors.ts';
import type { DeadLetter, DeadLetters, QoS } from '../types.ts';
import type { GroupCommit } from './group-commit.ts';
import { decodeMessage, encodeMessage, type MessageColumns } from './message.ts';

export type StoredDeadLetter = DeadLetter & { readonly id: number };

interface Row extends MessageColumns {
  readonly id: number;
  readonly binding: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly error: string;
  readonly attempts: number;
  readonly first_at: number;
  readonly dead_at: number;
}

const INSERT = `INSERT INTO dead_letters
  (binding, topic, qos, head, data, correlation, error, attempts, first_at, dead_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** A fraction would be refused inside the transaction, where it would fail the journal. */
function integer(value: number, name: keyof DeadLetter): number {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole;
  throw new HostError('ERR_INTERNAL', `a dead letter's ${name} must be an integer, not ${value}`);
}

/** The order of the columns in {@link INSERT}. */
function valuesOf(letter: DeadLetter): (string | number | Uint8Array | null)[] {
  const { head, data, correlation } = encodeMessage(letter);
  const { binding, topic, qos, error } = letter;
  const attempts = integer(letter.attempts, 'attempts');
  const times = [integer(letter.firstAt, 'firstAt'), integer(letter.deadAt, 'deadAt')];
  return [binding, topic, qos, head, data, correlation, error, attempts, ...times];
}

function letterOf(row: Row): StoredDeadLetter {
  const { id, binding, topic, qos, error, attempts, first_at: firstAt, dead_at: deadAt } = row;
  return { id, binding, topic, qos, ...decodeMessage(row), error, attempts, firstAt, deadAt };
}

/** A prepared query of all dead letters, oldest first. */
export function deadLetterQuery(database: DatabaseSync): () => StoredDeadLetter[] {
  const select = database.prepare('SELECT * FROM dead_letters ORDER BY id');
  return () => (select.all() as unknown as Row[]).map(letterOf);
}

/** Dead letters in the journal. Their ids grow and are never used again. */
export class JournaledDeadLetters implements DeadLetters {
  readonly #commits: GroupCommit;
  readonly #insert: StatementSync;
  readonly #expire: StatementSync;
  readonly #all: () => StoredDeadLetter[];

  constructor(database: DatabaseSync, commits: GroupCommit) {
    this.#commits = commits;
    this.#insert = database.prepare(INSERT);
    this.#expire = database.prepare('DELETE FROM dead_letters WHERE dead_at < ?');
    this.#all = deadLetterQuery(database);
  }

  async add(letter: DeadLetter): Promise<void> {
    const values = valuesOf(letter);
    await this.#commits.write(() => this.#insert.run(...values));
  }

  list(): readonly StoredDeadLetter[] {
    return this.#commits.read(this.#all);
  }

  async expire(before: number): Promise<number> {
    return this.#commits.write(() => Number(this.#expire.run(before).changes));
  }
}
