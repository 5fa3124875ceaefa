import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';
import type { RememberedSession, Sessions } from '../../journal.ts';
import type { MqttVersion, QoS } from '../../types.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import { ArrivalRows } from '../tables/arrival-rows.ts';

interface Row {
  readonly client_id: string;
  readonly broker: string;
  readonly binding: string;
  readonly kind: 'queue' | 'topic';
  readonly protocol: MqttVersion;
  readonly qos: QoS;
  readonly filters: string;
  readonly subscribed: string;
  readonly in_doubt: 0 | 1;
}

const SELECT = `SELECT client_id, broker, binding, kind, protocol, qos, filters, subscribed, in_doubt FROM sessions`;

const SAVE = `INSERT INTO sessions
  (client_id, broker, binding, kind, protocol, qos, filters, subscribed, in_doubt)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (client_id, broker) DO UPDATE SET
    binding = excluded.binding, kind = excluded.kind, protocol = excluded.protocol, qos = excluded.qos,
    filters = excluded.filters, subscribed = excluded.subscribed, in_doubt = excluded.in_doubt`;

function filtersOf(text: string): string[] {
  try {
    const found: unknown = JSON.parse(text);
    if (Array.isArray(found) && found.every((filter) => typeof filter === 'string')) return found;
  } catch {
    // Told below, as for any other text.
  }
  throw new HostError('ERR_STATE_DAMAGED', `the journal is damaged: a session's filters cannot be read (${text})`);
}

function sessionOf(row: Row): RememberedSession {
  return {
    clientId: row.client_id,
    binding: row.binding,
    kind: row.kind,
    broker: row.broker,
    protocol: row.protocol,
    qos: row.qos,
    filters: filtersOf(row.filters),
    subscribed: filtersOf(row.subscribed),
    inDoubt: row.in_doubt === 1,
  };
}

/** The order of the columns in {@link SAVE}. */
function valuesOf(session: RememberedSession): (string | number)[] {
  const { clientId, broker, binding, kind, protocol, qos } = session;
  const filters = [JSON.stringify(session.filters), JSON.stringify(session.subscribed)];
  return [clientId, broker, binding, kind, protocol, qos, ...filters, session.inDoubt ? 1 : 0];
}

/** A prepared query of all sessions, in the order in which they were first saved. */
export function sessionQuery(database: DatabaseSync): () => RememberedSession[] {
  const select = database.prepare(`${SELECT} ORDER BY id`);
  return () => (select.all() as unknown as Row[]).map(sessionOf);
}

export interface Identity {
  readonly instance: string;
  readonly fresh: boolean;
}

/** The remembered sessions, as committed: what {@link save} was given shows after it resolved. */
export class JournaledSessions implements Sessions {
  readonly instance: string;
  readonly fresh: boolean;
  readonly #commits: GroupCommit;
  readonly #all: () => RememberedSession[];
  readonly #get: StatementSync;
  readonly #save: StatementSync;
  readonly #forget: StatementSync;

  readonly #clear: (clientId: string, broker: string) => void;
  readonly #onForget: (clientId: string, broker: string) => void;

  /** `onForget` is told when a session is asked to be forgotten, and again when that is committed. */
  constructor(
    database: DatabaseSync,
    commits: GroupCommit,
    { instance, fresh }: Identity,
    onForget: (clientId: string, broker: string) => void = () => {},
  ) {
    this.instance = instance;
    this.fresh = fresh;
    this.#commits = commits;
    this.#all = sessionQuery(database);
    this.#get = database.prepare(`${SELECT} WHERE client_id = ? AND broker = ?`);
    this.#save = database.prepare(SAVE);
    this.#forget = database.prepare('DELETE FROM sessions WHERE client_id = ? AND broker = ?');
    const arrivals = new ArrivalRows(database);
    this.#clear = (clientId, broker) => {
      const session = arrivals.session(clientId, broker);
      if (session !== undefined) arrivals.clear(session);
    };
    this.#onForget = onForget;
  }

  all(): readonly RememberedSession[] {
    return this.#commits.read(this.#all);
  }

  get(clientId: string, broker: string): RememberedSession | undefined {
    return this.#commits.read(() => {
      const row = this.#get.get(clientId, broker) as unknown as Row | undefined;
      return row === undefined ? undefined : sessionOf(row);
    });
  }

  async save(session: RememberedSession): Promise<void> {
    const values = valuesOf(session);
    await this.#commits.write(() => this.#save.run(...values));
  }

  async forget(clientId: string, broker: string): Promise<void> {
    this.#onForget(clientId, broker);
    await this.#commits.write(
      () => {
        this.#clear(clientId, broker);
        this.#forget.run(clientId, broker);
      },
      () => this.#onForget(clientId, broker),
    );
  }
}
