import type {
  ArrivalId,
  DeadLetter,
  Failures,
  Inbox,
  OutgoingEvent,
  RememberedSession,
  Sessions,
  Settlement,
  Spill,
  Spilled,
} from '../../src/journal.ts';

/** What a killed process finds again. */
interface Durable {
  readonly sessions: Map<string, RememberedSession>;
  readonly markers: Map<number, string>;
  readonly attempts: Map<number, Failures & { readonly digest: string }>;
  readonly spilled: Spilled[];
  readonly handled: Set<string>;
  /** Publishes that were committed: what the world sees. */
  readonly published: OutgoingEvent[];
  readonly letters: DeadLetter[];
  lastRow: number;
}

function copy(durable: Durable): Durable {
  return {
    sessions: new Map(durable.sessions),
    markers: new Map(durable.markers),
    attempts: new Map(durable.attempts),
    spilled: [...durable.spilled],
    handled: new Set(durable.handled),
    published: [...durable.published],
    letters: [...durable.letters],
    lastRow: durable.lastRow,
  };
}

const EMPTY: Durable = {
  sessions: new Map(),
  markers: new Map(),
  attempts: new Map(),
  spilled: [],
  handled: new Set(),
  published: [],
  letters: [],
  lastRow: 0,
};

interface Write {
  readonly apply: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * The ports of the journal for one binding, in memory. Nothing is committed before {@link commit} is called, or, with
 * `auto`, before the microtask in which it was asked for has ended.
 */
export class MemoryJournal implements Inbox, Sessions {
  readonly instance = 'abcdefgh';
  readonly fresh = false;
  readonly durable: Durable;
  auto: boolean;
  /** Commits that were made, each with what it wrote. */
  readonly commits: string[][] = [];
  /** Each call that asked for something to be written, as it was given. */
  readonly settlements: Settlement[] = [];
  readonly spills: Spill[] = [];
  /** Reads of spilled messages, by the limit that was asked for. */
  readonly loads: number[] = [];
  /** What reads throw once it cannot be read. */
  unreadable: Error | undefined;
  #queue: (Write & { readonly what: string })[] = [];
  #failure: Error | undefined;
  #deletedMarkers = new Map<number, number>();
  #onReplayed: () => void = () => {};
  #quiet: (() => void)[] = [];

  constructor({ auto = false, durable = EMPTY }: { readonly auto?: boolean; readonly durable?: Durable } = {}) {
    this.auto = auto;
    this.durable = copy(durable);
  }

  afterKill(): MemoryJournal {
    return new MemoryJournal({ auto: this.auto, durable: this.durable });
  }

  /** Writes that wait for {@link commit}. */
  get pending(): readonly string[] {
    return this.#queue.map(({ what }) => what);
  }

  commit(): void {
    const writes = this.#queue;
    this.#queue = [];
    const results = writes.map(({ apply }) => apply());
    this.#deletedMarkers.clear();
    if (writes.length > 0) this.commits.push(writes.map(({ what }) => what));
    for (const [index, { resolve }] of writes.entries()) resolve(results[index]);
    for (const resolve of this.#quiet.splice(0)) resolve();
  }

  /** The disk is gone: everything asked for and all that follows rejects. */
  fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }

  // ------------------------------------------------------------ sessions

  all(): readonly RememberedSession[] {
    return [...this.durable.sessions.values()];
  }

  get(clientId: string, broker: string): RememberedSession | undefined {
    return this.durable.sessions.get(`${clientId} ${broker}`);
  }

  save(session: RememberedSession): Promise<void> {
    const key = `${session.clientId} ${session.broker}`;
    return this.#write(
      session.inDoubt ? 'session in doubt' : 'session',
      () => void this.durable.sessions.set(key, session),
    );
  }

  forget(clientId: string, broker: string): Promise<void> {
    return this.#write('forget', () => void this.durable.sessions.delete(`${clientId} ${broker}`));
  }

  // ------------------------------------------------------------ inbox

  async quiet(): Promise<void> {
    while (this.#queue.length > 0) await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }

  isMarked({ packetId, digest }: ArrivalId): boolean {
    return !this.#deletedMarkers.has(packetId) && this.durable.markers.get(packetId) === digest;
  }

  failures({ packetId, digest }: ArrivalId): Failures | undefined {
    const found = this.durable.attempts.get(packetId);
    return found?.digest === digest ? { attempts: found.attempts, firstAt: found.firstAt } : undefined;
  }

  taken(packetId: number): void {
    const { markers, attempts } = this.durable;
    if (this.#queue.length === 0 && !markers.has(packetId) && !attempts.has(packetId)) return;
    this.#deletedMarkers.set(packetId, 1);
    void this.#write('taken', () => {
      markers.delete(packetId);
      attempts.delete(packetId);
    });
  }

  lost(): void {
    const { markers, attempts } = this.durable;
    for (const id of markers.keys()) this.#deletedMarkers.set(id, 1);
    void this.#write('lost', () => {
      markers.clear();
      attempts.clear();
    });
  }

  settle(settlement: Settlement): Promise<void> {
    this.settlements.push(settlement);
    const { durable } = this;
    return this.#write('settle', () => {
      const { id, marker, spilled, publishes, handled, deadLetter } = settlement;
      if (id !== undefined) this.#leaveWindow(id, marker);
      if (spilled !== undefined) this.#remove(spilled);
      durable.published.push(...publishes.map(({ event }) => event));
      if (handled !== undefined) durable.handled.add(`${handled.source} ${handled.id}`);
      if (deadLetter !== undefined) durable.letters.push(deadLetter);
    });
  }

  failed({ packetId, digest }: ArrivalId, failures: Failures): Promise<void> {
    return this.#write('failed', () => void this.durable.attempts.set(packetId, { digest, ...failures }));
  }

  failedSpilled(row: number, failures: Failures): Promise<void> {
    return this.#write('failed spilled', () => {
      const index = this.durable.spilled.findIndex((found) => found.row === row);
      const found = this.durable.spilled[index];
      if (found !== undefined) this.durable.spilled[index] = { ...found, ...failures };
    });
  }

  released(packetId: number): Promise<boolean> {
    const { markers } = this.durable;
    if (this.#queue.length === 0 && !markers.has(packetId)) return Promise.resolve(false);
    this.#deletedMarkers.set(packetId, 1);
    return this.#write('released', () => markers.delete(packetId));
  }

  spill(messages: readonly Spill[]): Promise<readonly number[]> {
    this.spills.push(...messages);
    return this.#write('spill', () =>
      messages.map(({ id, marker, ...message }) => {
        if (id !== undefined) this.#leaveWindow(id, marker);
        return this.#insert(message);
      }),
    );
  }

  get spilledCount(): number {
    return this.durable.spilled.length;
  }

  nextSpilledTopic(after: string): string | undefined {
    this.#assertReadable();
    const topics = this.durable.spilled.map(({ topic }) => topic).filter((topic) => byBytes(topic, after) > 0);
    return topics.toSorted(byBytes)[0];
  }

  spilled(after: number, limit: number, topic?: string): readonly Spilled[] {
    this.#assertReadable();
    this.loads.push(limit);
    const found = this.durable.spilled.filter((one) => one.row > after && (topic ?? one.topic) === one.topic);
    return found.slice(0, limit);
  }

  hasSpilled(topic: string): boolean {
    this.#assertReadable();
    return this.durable.spilled.some((one) => one.topic === topic);
  }

  onReplayed(listener: () => void): void {
    this.#onReplayed = listener;
  }

  wasHandled(source: string, id: string): boolean {
    this.#assertReadable();
    return this.durable.handled.has(`${source} ${id}`);
  }

  /** As `host dlq replay` and a start do. */
  replay(...messages: Omit<Spilled, 'row'>[]): void {
    for (const message of messages) this.#insert(message);
    this.#onReplayed();
  }

  #insert(message: Omit<Spilled, 'row'>): number {
    const row = ++this.durable.lastRow;
    this.durable.spilled.push({ ...message, row });
    return row;
  }

  #remove(row: number): void {
    const index = this.durable.spilled.findIndex((found) => found.row === row);
    if (index !== -1) this.durable.spilled.splice(index, 1);
  }

  #leaveWindow({ packetId, digest }: ArrivalId, marker: boolean): void {
    if (marker) this.durable.markers.set(packetId, digest);
    this.durable.attempts.delete(packetId);
  }

  #assertReadable(): void {
    if (this.unreadable !== undefined) throw this.unreadable;
  }

  #write<T>(what: string, apply: () => T): Promise<T> {
    if (this.#failure !== undefined) {
      const rejected = Promise.reject(this.#failure);
      rejected.catch(() => {});
      return rejected;
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    promise.catch(() => {});
    this.#queue.push({ what, apply, resolve, reject });
    if (this.auto && this.#queue.length === 1) queueMicrotask(() => this.commit());
    return promise as Promise<T>;
  }
}
