import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';
import type { GroupCommit } from '../database/group-commit.ts';

/** The client ids of the publisher sessions (DELIVERY, "Identity"). */
export interface Publishers {
  /**
   * The client id of the publisher session of one broker and credentials, which `key` stands for: the remembered one,
   * else `proposed`, remembered from now on; resolves after the commit. Where another key already has `proposed` on the
   * same `broker` (its addresses, as in a RememberedSession; not looked at where left out), a number is added: sessions
   * of one client id would take it from each other.
   */
  publisherId(key: string, proposed: string, broker?: string): Promise<string>;
  /** Every remembered session, in the order in which they were first asked for. */
  all(): readonly Pick<RememberedPublisher, 'key' | 'clientId' | 'broker'>[];
}

/** What the journal remembers of one publisher session. */
export interface RememberedPublisher {
  /** Names it in the journal. */
  readonly id: number;
  readonly key: string;
  readonly clientId: string;
  readonly broker: string;
  readonly inDoubt: boolean;
  /** A CONNACK was seen, so what it holds may have been sent. */
  readonly known: boolean;
}

/** A prepared query of all publisher sessions, in the order in which they were first asked for. */
export function publisherQuery(database: DatabaseSync): () => RememberedPublisher[] {
  const select = database.prepare('SELECT id, key, broker, client_id, in_doubt, known FROM publishers ORDER BY id');
  return () =>
    select.all().map((row) => ({
      id: Number(row.id),
      key: String(row.key),
      clientId: String(row.client_id),
      broker: String(row.broker),
      inDoubt: row.in_doubt === 1,
      known: row.known === 1,
    }));
}

export class JournaledPublishers implements Publishers {
  readonly #commits: GroupCommit;
  readonly #insert: StatementSync;
  /** As they were when the journal was opened, or made since. */
  readonly #remembered: Map<string, RememberedPublisher>;
  #lastId: number;

  constructor(database: DatabaseSync, commits: GroupCommit) {
    this.#commits = commits;
    this.#insert = database.prepare('INSERT INTO publishers (id, key, broker, client_id) VALUES (?, ?, ?, ?)');
    const found = publisherQuery(database)();
    this.#remembered = new Map(found.map((publisher) => [publisher.key, publisher]));
    this.#lastId = Math.max(0, ...found.map(({ id }) => id));
  }

  all(): readonly RememberedPublisher[] {
    return [...this.#remembered.values()];
  }

  async publisherId(key: string, proposed: string, broker = ''): Promise<string> {
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) return remembered.clientId;
    const clientId = this.#free(proposed, broker);
    const id = ++this.#lastId;
    this.#remembered.set(key, { id, key, clientId, broker, inDoubt: false, known: false });
    await this.#commits.write(() => this.#insert.run(id, key, broker, clientId));
    return clientId;
  }

  /**
   * The session of a client id; made where there is none.
   * @throws {HostError} ERR_INTERNAL where several brokers have it and `broker` does not tell which.
   */
  async session(clientId: string, broker: string | undefined): Promise<RememberedPublisher> {
    const found = [...this.#remembered.values()].filter(
      (one) => one.clientId === clientId && (broker === undefined || one.broker === broker),
    );
    if (found.length > 1)
      throw new HostError('ERR_INTERNAL', `several brokers have a publisher session "${clientId}": name the broker`);
    if (found[0] !== undefined) return found[0];
    const key = JSON.stringify([clientId, broker ?? '']);
    await this.publisherId(key, clientId, broker);
    return this.session(clientId, broker);
  }

  #free(proposed: string, broker: string): string {
    if (broker === '') return proposed;
    const others = [...this.#remembered.values()].filter((other) => other.broker === broker);
    let clientId = proposed;
    for (let number = 2; others.some((other) => other.clientId === clientId); number++) {
      clientId = `${proposed}-${number}`;
    }
    return clientId;
  }
}
