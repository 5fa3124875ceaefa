import type { DatabaseSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';

/**
 * The keys of new rows, given out when a write is asked for: in the order of the commits, and known before them. Only
 * the process that holds the state_dir's lock writes these tables.
 */
export class Keys {
  #spilled: number;
  #outbox: number;

  constructor(database: DatabaseSync) {
    const last = (table: string) => Number(database.prepare(`SELECT max(id) AS id FROM ${table}`).get()?.id ?? 0);
    this.#spilled = last('spilled');
    this.#outbox = last('outbox');
  }

  spilled(): number {
    return ++this.#spilled;
  }

  outbox(): number {
    return ++this.#outbox;
  }
}

/** A fraction would be refused inside the transaction, where it would fail the journal. */
export function integer(value: number, name: string): number {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole;
  throw new HostError('ERR_INTERNAL', `${name} must be an integer, not ${value}`);
}
