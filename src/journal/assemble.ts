import type { DatabaseSync } from 'node:sqlite';
import type { HostError } from '../errors.ts';
import { holdingQuery, sizeQuery } from './admin/holdings.ts';
import type { OpenDatabase } from './database/database.ts';
import { GroupCommit, type RetryOptions } from './database/group-commit.ts';
import { type Pressures, stateMaxText } from './database/pressure.ts';
import { readInstance } from './database/schema.ts';
import type { DiskSpace } from './database/space.ts';
import { JournaledDeadLetters } from './dead-letters/dead-letters.ts';
import { type CarriedOut, carriedOut, LetterMoves, type Move, Requests } from './dead-letters/letter-moves.ts';
import { RequestWatch } from './dead-letters/request-watch.ts';
import { type InboxParts, JournaledInbox, type SpilledCount } from './incoming/inbox.ts';
import { JournaledSessions } from './incoming/sessions.ts';
import type { Journal } from './journal.ts';
import { JournaledOutbox, type OutboxParts } from './outgoing/outbox.ts';
import { EventBudget } from './outgoing/outbox-entry.ts';
import { JournaledPublishers } from './outgoing/publishers.ts';
import { ArrivalRows } from './tables/arrival-rows.ts';
import { HandledRows } from './tables/handled-rows.ts';
import { Keys } from './tables/keys.ts';
import { LetterRows } from './tables/letter-rows.ts';
import { OutboxRows } from './tables/outbox-rows.ts';
import { SpilledRows } from './tables/spilled-rows.ts';
import { Usage } from './tables/usage.ts';

export interface AssemblyOptions {
  readonly opened: OpenDatabase;
  readonly folder: string;
  readonly space: DiskSpace;
  readonly pressures: Pressures;
  readonly stateMax: number;
  readonly onFailure: (error: HostError) => void;
  readonly onRequests?: ((done: CarriedOut) => void) | undefined;
  readonly retry?: Partial<RetryOptions> | undefined;
}

type Parts = InboxParts & OutboxParts & { readonly moves: LetterMoves };

function partsOf(database: DatabaseSync, commits: GroupCommit, usage: Usage): Parts {
  const keys = new Keys(database);
  const [letters, spilled, rows] = [new LetterRows(database), new SpilledRows(database), new OutboxRows(database)];
  const [arrivals, handled] = [new ArrivalRows(database), new HandledRows(database, commits)];
  const moves = new LetterMoves({ keys, letters, spilled, outbox: rows });
  return { commits, usage, keys, arrivals, spilled, handled, letters, rows, events: new EventBudget(), moves };
}

function isOf({ session }: JournaledInbox, clientId: string, broker: string): boolean {
  return session.clientId === clientId && session.broker === broker;
}

/** The inboxes and outboxes of one journal, by binding and by publisher session. */
class Boxes {
  readonly #parts: Parts;
  readonly #publishers: JournaledPublishers;
  readonly #inboxes: JournaledInbox[] = [];
  readonly #spilled = new Map<string, SpilledCount>();
  readonly #outboxes = new Map<number, JournaledOutbox>();

  constructor(parts: Parts, publishers: JournaledPublishers) {
    this.#parts = parts;
    this.#publishers = publishers;
  }

  inbox(binding: string, { clientId, broker }: { readonly clientId: string; readonly broker: string }): JournaledInbox {
    const found = this.#inboxes.find((box) => box.binding === binding && isOf(box, clientId, broker));
    if (found !== undefined) return found;
    const { commits, spilled } = this.#parts;
    return commits.read(() => {
      const count = this.#spilled.get(binding) ?? { rows: spilled.count(binding) };
      this.#spilled.set(binding, count);
      const inbox = new JournaledInbox(this.#parts, binding, { clientId, broker }, count);
      this.#inboxes.push(inbox);
      return inbox;
    });
  }

  async outbox(clientId: string, binding: string, broker?: string): Promise<JournaledOutbox> {
    const owner = await this.#publishers.session(clientId, broker);
    let outbox = this.#outboxes.get(owner.id);
    if (outbox === undefined) {
      outbox = this.#parts.commits.read(() => new JournaledOutbox(this.#parts, owner, binding));
      this.#outboxes.set(owner.id, outbox);
    }
    await outbox.start();
    return outbox;
  }

  forgotten(clientId: string, broker: string): void {
    for (const inbox of this.#inboxes) if (isOf(inbox, clientId, broker)) inbox.forgotten();
  }

  /** After the commit of replays and purges. */
  moved(moves: readonly Move[]): void {
    const { usage } = this.#parts;
    for (const { to, letter } of moves) {
      usage.change('deadLetters', -1, -letter.bytes);
      if (to === 'spilled') usage.change('spilled', 1, letter.bytes);
      else if (to === 'outbox' || to === 'parked') usage.change('unsent', 1, letter.bytes);
    }
    const replayed = moves.filter(({ to }) => to === 'spilled').map(({ letter }) => letter.binding);
    for (const binding of replayed) {
      const count = this.#spilled.get(binding);
      if (count !== undefined) count.rows++;
    }
    for (const inbox of this.#inboxes) if (replayed.includes(inbox.binding)) inbox.replayed();
    for (const [publisher, outbox] of this.#outboxes) {
      const own = moves.filter(({ letter }) => letter.publisher === publisher);
      if (own.length > 0) outbox.replayed(own);
    }
  }
}

/** Puts a journal together on a database that is open. */
export function assemble(options: AssemblyOptions): Journal {
  const { opened, folder, space, pressures, stateMax, onFailure, onRequests, retry } = options;
  const { database, path, fresh } = opened;
  const commits = new GroupCommit({ database, path, onFailure, space }, retry);
  const usage = new Usage(sizeQuery(database)(), stateMax, (full, bytes) =>
    pressures.set('state-max', full ? stateMaxText(folder, bytes, stateMax) : undefined),
  );
  commits.onCommit(() => usage.check());
  const parts = partsOf(database, commits, usage);
  const publishers = new JournaledPublishers(database, commits);
  const boxes = new Boxes(parts, publishers);
  const moved = (moves: readonly Move[]) => boxes.moved(moves);
  const identity = { instance: readInstance(database, path), fresh };
  const holdings = holdingQuery(database);
  const asked = (moves: readonly Move[]) => {
    boxes.moved(moves);
    if (moves.length > 0) onRequests?.(carriedOut(moves));
  };
  const watch = new RequestWatch({ ...parts, database, requests: new Requests(database), moved: asked });
  parts.handled.watch();
  // Once whoever opens the journal has it.
  setImmediate(() => {
    usage.check();
    space.start();
  });
  return {
    sessions: new JournaledSessions(database, commits, identity, (clientId, broker) =>
      boxes.forgotten(clientId, broker),
    ),
    deadLetters: new JournaledDeadLetters({ ...parts, database, moved }),
    publishers,
    inbox: (binding, session) => boxes.inbox(binding, session),
    outbox: (clientId, binding, broker) => boxes.outbox(clientId, binding, broker),
    holdings: () => commits.read(holdings),
    size: () => usage.size(),
    close: async () => {
      watch.close();
      space.close();
      parts.handled.close();
      await commits.close();
    },
  };
}
