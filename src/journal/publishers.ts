import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { GroupCommit } from './group-commit.ts';

/** The client ids of the publisher sessions (DELIVERY, "Identity"). */
export interface Publishers {
  /**
   * The client id of the publisher session of one broker and credentials, which `key` stands for: the remembered one,
   * else `proposed`, remembered from now on; resolves after the commit. Where another key already has `proposed` on the
   * same `broker` (its addresses, as in a RememberedSession; not looked at where left out), a number is added: sessions
   * of one client id would take it from each other.
   */
  publisherId(key: string, proposed: string, broker?: string): Promise<string>;
}

interface Remembered {
  readonly clientId: string;
  readonly broker: string;
}

export class JournaledPublishers implements Publishers {
  readonly #commits: GroupCommit;
  readonly #insert: StatementSync;
  readonly #remembered: Map<string, Remembered>;

  constructor(database: DatabaseSync, commits: GroupCommit) {
    this.#commits = commits;
    this.#insert = database.prepare('INSERT INTO publishers (key, broker, client_id) VALUES (?, ?, ?)');
    const rows = database.prepare('SELECT key, broker, client_id FROM publishers').all();
    this.#remembered = new Map(
      rows.map((row) => [String(row.key), { clientId: String(row.client_id), broker: String(row.broker) }]),
    );
  }

  async publisherId(key: string, proposed: string, broker = ''): Promise<string> {
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) return remembered.clientId;
    const clientId = this.#free(proposed, broker);
    this.#remembered.set(key, { clientId, broker });
    await this.#commits.write(() => this.#insert.run(key, broker, clientId));
    return clientId;
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
