import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';
import { faultOf, journalError } from './faults.ts';

/** Executes writes that are alike; a result for each. */
export type Together<I, T> = (items: readonly I[]) => readonly T[];

interface Write {
  readonly apply: Together<unknown, unknown>;
  readonly item: unknown;
  readonly committed: ((value: unknown) => void) | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: HostError) => void;
}

/** What is done about a disk without room. */
export interface Space {
  /** Whether the disk lacks room, as far as the error leaves that open. */
  isLacking(error: unknown): boolean;
  /** A commit found no room; true where some was freed, so that another try is worth it at once. */
  lacking(): boolean;
  /** A commit went through after {@link lacking}. */
  written(): void;
}

export interface GroupCommitOptions {
  readonly database: DatabaseSync;
  readonly path: string;
  /** Called at most once, after the writes that it concerns were rejected. */
  readonly onFailure: (error: HostError) => void;
  /** Left out: a full disk fails the journal as any other fault does. */
  readonly space?: Space | undefined;
}

export interface RetryOptions {
  /** How long to go on trying while another process holds the write lock, in milliseconds. */
  readonly patience: number;
  /** Between two tries at the write lock; the event loop runs meanwhile. */
  readonly interval: number;
  /** Between two tries on a full disk. */
  readonly fullInterval: number;
}

const RETRY: RetryOptions = { patience: 30_000, interval: 20, fullInterval: 500 };

/**
 * Group commit: what is written during one turn of the event loop goes into one transaction at its end, all of it or
 * nothing. The writes run in the order in which they were asked for, and their promises resolve in that order.
 *
 * A write lock held by another process is waited for, and so is room on a full disk: the transaction is rolled back
 * and run again, in the same order. A commit that fails for any other reason fails the journal as a whole: its writes,
 * those queued behind them and all later ones reject, so that nothing is acknowledged that is not safe, and
 * `onFailure` is told once.
 *
 * The queue is emptied at each commit and bounded by the callers: each write stands for a message inside some
 * session's window, which is not acknowledged before the write resolved.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #space: Space | undefined;
  readonly #retry: RetryOptions;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #onFailure: (error: HostError) => void;
  readonly #hooks: (() => void)[] = [];
  #queue: Write[] = [];
  #scheduled = false;
  #busySince: number | undefined;
  #lacking = false;
  #failure: HostError | undefined;
  #closing: Promise<void> | undefined;
  #settling: PromiseWithResolvers<void> | undefined;

  constructor({ database, path, onFailure, space }: GroupCommitOptions, retry: Partial<RetryOptions> = {}) {
    this.#database = database;
    this.#path = path;
    this.#space = space;
    this.#retry = { ...RETRY, ...retry };
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#onFailure = onFailure;
  }

  /**
   * Runs `apply`, which should do nothing but execute statements, inside the transaction of this turn; resolves with
   * its result after the commit. It may run again after a rollback, so what it remembers in memory belongs in
   * `committed`, which is called after the commit and before any promise of the transaction resolves, in order.
   * Whatever can be wrong with a value is to be found out before: a throw in `apply` fails the journal.
   */
  write<T>(apply: () => T, committed?: (value: T) => void): Promise<T> {
    return this.writeTogether(() => [apply()], undefined, committed);
  }

  /**
   * {@link write} for what is written by fewer statements where there is more of it: `apply` is called once for all items
   * that were asked for one after another with this very function.
   */
  writeTogether<I, T>(apply: Together<I, T>, item: I, committed?: (value: T) => void): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closing !== undefined) return Promise.reject(closed(this.#path));
    return this.#enqueue(apply, item, committed);
  }

  /** {@link write} for what nobody waits for; a failure reaches `onFailure`. */
  writeSoon<T>(apply: () => T, committed?: (value: T) => void): void {
    this.write(apply, committed).catch(() => undefined);
  }

  /** Called after each commit, when all its writes' `committed` have run. */
  onCommit(hook: () => void): void {
    this.#hooks.push(hook);
  }

  /** Resolves when what was asked for until now is committed. */
  settled(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#queue.length === 0)
      return this.#closing === undefined ? Promise.resolve() : Promise.reject(closed(this.#path));
    this.#settling ??= Promise.withResolvers<void>();
    return this.#settling.promise;
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
    if (this.#queue.length > 0) await this.#enqueue(() => [undefined], undefined).catch(() => undefined);
    this.#database.close();
  }

  #enqueue<I, T>(apply: Together<I, T>, item: I, committed?: (value: T) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ apply, item, committed, resolve, reject } as Write);
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#run());
    });
  }

  #run(): void {
    if (this.#failure !== undefined || !this.#beginTransaction()) return;
    const writes = this.#queue;
    this.#queue = [];
    let results: readonly unknown[];
    try {
      results = applyAll(writes);
      this.#commit.run();
    } catch (error) {
      this.#setBack(error, writes);
      return;
    }
    this.#scheduled = this.#queue.length > 0;
    if (this.#scheduled) setImmediate(() => this.#run());
    this.#conclude(writes, results);
  }

  #conclude(writes: readonly Write[], results: readonly unknown[]): void {
    const settling = this.#settling;
    this.#settling = undefined;
    for (let index = 0; index < writes.length; index++) writes[index]?.committed?.(results[index]);
    for (const hook of this.#hooks) hook();
    for (let index = 0; index < writes.length; index++) writes[index]?.resolve(results[index]);
    settling?.resolve();
    if (!this.#lacking) return;
    this.#lacking = false;
    this.#space?.written();
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
      const isBusy = faultOf(error) === 'busy' && waited < this.#retry.patience;
      if (isBusy) setTimeout(() => this.#run(), this.#retry.interval);
      else this.#setBack(error, []);
      return false;
    }
  }

  /** A journal that is being closed does not wait for room: what is not committed was never acknowledged. */
  #setBack(error: unknown, writes: Write[]): void {
    if (this.#closing !== undefined || this.#space?.isLacking(error) !== true) {
      this.#fail(error, writes);
      return;
    }
    this.#rollback();
    this.#queue = writes.length === 0 ? this.#queue : writes.concat(this.#queue);
    this.#lacking = true;
    const again = this.#space.lacking() ? 0 : this.#retry.fullInterval;
    setTimeout(() => this.#run(), again);
  }

  #fail(error: unknown, writes: readonly Write[]): void {
    this.#rollback();
    const first = this.#failure === undefined;
    this.#failure ??= journalError(error, this.#path);
    const waiting = [...writes, ...this.#queue];
    this.#queue = [];
    for (const { reject } of waiting) reject(this.#failure);
    // Nobody may be waiting for it.
    this.#settling?.promise.catch(() => undefined);
    this.#settling?.reject(this.#failure);
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

/** In order; what is alike and comes one after another, at once. */
function applyAll(writes: readonly Write[]): readonly unknown[] {
  const results: unknown[] = [];
  while (results.length < writes.length) {
    const from = results.length;
    const apply = writes[from]?.apply;
    let end = from + 1;
    while (end < writes.length && writes[end]?.apply === apply) end++;
    const items = writes.slice(from, end).map(({ item }) => item);
    for (const result of apply?.(items) ?? []) results.push(result);
    if (results.length !== end) throw new Error('as many results as writes are expected');
  }
  return results;
}

function closed(path: string): HostError {
  return new HostError('ERR_INTERNAL', `the journal ${path} is closed`);
}
