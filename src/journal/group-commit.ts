import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HostError } from '../errors.ts';
import { faultOf, journalError } from './faults.ts';

interface Write {
  readonly apply: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: HostError) => void;
}

export interface GroupCommitOptions {
  readonly database: DatabaseSync;
  readonly path: string;
  /** Called at most once, after the writes that it concerns were rejected. */
  readonly onFailure: (error: HostError) => void;
}

export interface BusyOptions {
  /** How long to go on trying while another process holds the write lock, in milliseconds. */
  readonly patience: number;
  /** Between two tries; the event loop runs meanwhile. */
  readonly interval: number;
}

const BUSY: BusyOptions = { patience: 30_000, interval: 20 };

/**
 * Group commit: what is written during one turn of the event loop goes into one transaction at its end, all of it or
 * nothing. The writes run in the order in which they were asked for, and their promises resolve in that order.
 *
 * A commit that fails, for whatever reason, fails the journal as a whole: its writes, those queued behind them and all
 * later ones reject, so that nothing is acknowledged that is not safe, and `onFailure` is told once. Only a write
 * lock held by another process is waited for.
 *
 * The queue is emptied at each commit and bounded by the callers: each write stands for a message inside some
 * session's window, which is not acknowledged before the write resolved.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #busy: BusyOptions;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #onFailure: (error: HostError) => void;
  #queue: Write[] = [];
  #scheduled = false;
  #busySince: number | undefined;
  #failure: HostError | undefined;
  #closing: Promise<void> | undefined;

  constructor({ database, path, onFailure }: GroupCommitOptions, busy: BusyOptions = BUSY) {
    this.#database = database;
    this.#path = path;
    this.#busy = busy;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#onFailure = onFailure;
  }

  /**
   * Runs `apply`, which should do nothing but execute statements, inside the transaction of this turn; resolves with
   * its result after the commit. Whatever can be wrong with a value is to be found out before: a throw in `apply`
   * fails the journal.
   */
  write<T>(apply: () => T): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closing !== undefined) return Promise.reject(closed(this.#path));
    return this.#enqueue(apply);
  }

  /**
   * Runs a query on what is committed.
   * @throws {HostError} where the file is damaged, which fails the journal too.
   */
  read<T>(query: () => T): T {
    if (!this.#database.isOpen) throw closed(this.#path);
    try {
      return query();
    } catch (error) {
      this.#fail(error, []);
      throw journalError(error, this.#path);
    }
  }

  /** Commits what is queued and closes the database; resolves also where that commit fails. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#queue.length > 0) await this.#enqueue(() => undefined).catch(() => undefined);
    this.#database.close();
  }

  #enqueue<T>(apply: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#queue.push({ apply, resolve: (value) => resolve(value as T), reject });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#run());
    }
    return promise;
  }

  #run(): void {
    if (this.#failure !== undefined || !this.#beginTransaction()) return;
    this.#scheduled = false;
    const writes = this.#queue;
    this.#queue = [];
    const results: unknown[] = [];
    try {
      for (const { apply } of writes) results.push(apply());
      this.#commit.run();
    } catch (error) {
      this.#fail(error, writes);
      return;
    }
    for (const [index, { resolve }] of writes.entries()) resolve(results[index]);
  }

  /** Nothing of the queue has run before this succeeds, so trying again is safe. */
  #beginTransaction(): boolean {
    try {
      this.#begin.run();
      this.#busySince = undefined;
      return true;
    } catch (error) {
      this.#busySince ??= performance.now();
      const waited = performance.now() - this.#busySince;
      if (faultOf(error) === 'busy' && waited < this.#busy.patience) setTimeout(() => this.#run(), this.#busy.interval);
      else this.#fail(error, []);
      return false;
    }
  }

  #fail(error: unknown, writes: readonly Write[]): void {
    this.#rollback();
    const first = this.#failure === undefined;
    this.#failure ??= journalError(error, this.#path);
    const waiting = [...writes, ...this.#queue];
    this.#queue = [];
    for (const { reject } of waiting) reject(this.#failure);
    if (first) this.#onFailure(this.#failure);
  }

  #rollback(): void {
    if (!this.#database.isTransaction) return;
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // The file is left to SQLite's recovery; what failed first is what gets reported.
    }
  }
}

function closed(path: string): HostError {
  return new HostError('ERR_INTERNAL', `the journal ${path} is closed`);
}
