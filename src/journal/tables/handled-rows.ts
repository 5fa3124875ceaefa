import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { GroupCommit } from '../database/group-commit.ts';

/** Rows that one commit deletes at most, so that none holds up the event loop. */
const BITE = 1_000;

/** How often keys that are over are looked for, and how soon again while there are more; in milliseconds. */
const INTERVAL = 30_000;
const SOON = 50;

/** What `dedup` remembers: events handled lately, by binding, source and id. */
export class HandledRows {
  readonly #commits: GroupCommit;
  readonly #insert: StatementSync;
  readonly #until: StatementSync;
  readonly #expire: StatementSync;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: DatabaseSync, commits: GroupCommit) {
    this.#commits = commits;
    this.#insert = database.prepare(
      'INSERT OR REPLACE INTO handled (binding, source, event_id, until) VALUES (?, ?, ?, ?)',
    );
    this.#until = database.prepare('SELECT until FROM handled WHERE binding = ? AND source = ? AND event_id = ?');
    this.#expire = database.prepare(
      `DELETE FROM handled WHERE (binding, source, event_id) IN
        (SELECT binding, source, event_id FROM handled WHERE until <= ? ORDER BY until LIMIT ${BITE})`,
    );
  }

  /** Inside a transaction. */
  insert(binding: string, source: string, id: string, until: number): void {
    this.#insert.run(binding, source, id, until);
  }

  /** Whether the event is remembered at `now`. */
  has(binding: string, source: string, id: string, now: number): boolean {
    const until = this.#until.get(binding, source, id)?.until;
    return until !== undefined && Number(until) > now;
  }

  /** Deletes keys that are over at `now`, a bite; resolves with their number. */
  expire(now: number): Promise<number> {
    return this.#commits.write(() => Number(this.#expire.run(now).changes));
  }

  /** Deletes what is over, from time to time, until {@link close}. */
  watch(delay: number = INTERVAL): void {
    this.#timer = setTimeout(() => {
      const more = (count: number) => this.watch(count === BITE ? SOON : INTERVAL);
      this.expire(Date.now()).then(more, () => undefined);
    }, delay).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
