import type { Outbox, OutboxRow, OutgoingEvent } from '../../src/journal.ts';

interface Row {
  readonly key: number;
  readonly event: OutgoingEvent;
  readonly qos: OutgoingEvent['qos'];
  packetId: number;
  released: boolean;
  again: boolean;
  parked: boolean;
  /** The listener knows of it, or need not. */
  told: boolean;
}

const copy = (row: Row): Row => ({ ...row });

/**
 * The port's promises in memory: what a method changes holds from the commit that ends the event-loop turn. A test may
 * hold commits back, and take what a killed process would find again.
 */
export class MemoryOutbox implements Outbox {
  /** Dead letters, in order. */
  readonly dead: { readonly key: number; readonly reason: string; readonly parked: boolean }[] = [];
  /** Commits wait until it is false again. */
  held = false;
  readonly #maxId: number;
  #rows: Row[];
  readonly #byId = new Map<number, Row>();
  readonly #reserved = new Set<number>();
  #lastId = 0;
  #lastKey: number;
  #listener: (rows: readonly OutboxRow[]) => void = () => {};
  #pending: (() => void)[] = [];
  #scheduled = false;
  #inDoubt = false;
  #startedInDoubt = false;

  constructor(rows: readonly Row[] = [], { maxId = 65_535, inDoubt = false } = {}) {
    this.#maxId = maxId;
    this.#rows = rows.map(copy);
    this.#lastKey = rows.at(-1)?.key ?? 0;
    for (const row of this.#rows) if (row.packetId > 0) this.#byId.set(row.packetId, row);
    this.#lastId = Math.max(0, ...this.#byId.keys());
    this.#inDoubt = inDoubt;
    this.#identify();
    for (const row of this.#rows) row.told = row.qos === 0 || row.packetId > 0;
  }

  /** What a process finds that is started after this one was killed now. */
  afterKill(): MemoryOutbox {
    return new MemoryOutbox(this.#rows, { maxId: this.#maxId, inDoubt: this.#inDoubt });
  }

  get size(): number {
    return this.#rows.filter(({ parked }) => !parked).length;
  }

  ready(): readonly OutboxRow[] {
    const live = this.#rows.filter(({ parked }) => !parked);
    const waiting = live.findIndex(({ qos, packetId }) => qos > 0 && packetId === 0);
    return waiting === -1 ? live : live.slice(0, waiting);
  }

  get(packetId: number): OutboxRow | undefined {
    const row = this.#byId.get(packetId);
    return row?.parked === true ? undefined : row;
  }

  load(row: OutboxRow): OutgoingEvent | undefined {
    return this.#find(row)?.event;
  }

  onReady(listener: (rows: readonly OutboxRow[]) => void): void {
    this.#listener = listener;
  }

  /** A transaction's publishes: rows that the listener is told of. */
  commit(...events: OutgoingEvent[]): Promise<void> {
    return this.#write(() => {
      this.#rows.push(...events.map((event) => this.#row(event, 0)));
    });
  }

  /** A parked row is sent again under its id. */
  replay(key: number): Promise<void> {
    return this.#write(() => {
      const row = this.#rows.find((candidate) => candidate.key === key);
      if (row === undefined) return;
      row.parked = false;
      row.again = true;
      row.told = false;
    });
  }

  add(event: OutgoingEvent): { readonly row: OutboxRow; readonly committed: Promise<void> } | undefined {
    const packetId = this.#takeId();
    if (packetId === undefined) return undefined;
    const row = this.#row(event, packetId);
    row.told = true;
    this.#byId.set(packetId, row);
    return { row, committed: this.#write(() => void this.#rows.push(row)) };
  }

  reserve(): number | undefined {
    const id = this.#takeId();
    if (id !== undefined) this.#reserved.add(id);
    return id;
  }

  unreserve(packetId: number): void {
    this.#reserved.delete(packetId);
    this.#identify();
    this.#tell();
  }

  /** Ids that are reserved now. */
  get reserved(): number {
    return this.#reserved.size;
  }

  connecting(): Promise<void> {
    return this.#write(() => {
      this.#startedInDoubt = this.#inDoubt;
      this.#inDoubt = true;
    });
  }

  async connected(sessionPresent: boolean): Promise<{ readonly mayRepeat: number; readonly mayBeLost: number }> {
    let [mayRepeat, mayBeLost] = [0, 0];
    await this.#write(() => {
      this.#inDoubt = false;
      const live = this.#rows.filter((row) => !row.parked && row.packetId > 0);
      if (sessionPresent) {
        mayBeLost = this.#startedInDoubt ? live.filter(({ released }) => released).length : 0;
        return;
      }
      mayRepeat = live.length;
      for (const row of live) this.#byId.delete(row.packetId);
      for (const row of live) Object.assign(row, { packetId: 0, released: false, again: false });
      this.#identify();
      for (const row of live) row.told = row.packetId > 0;
    });
    return { mayRepeat, mayBeLost };
  }

  release(row: OutboxRow): Promise<void> {
    return this.#write(() => {
      const found = this.#find(row);
      if (found !== undefined) found.released = true;
    });
  }

  delete(row: OutboxRow): Promise<void> {
    return this.#write(() => this.#remove(row));
  }

  refuse(row: OutboxRow, reason: string): Promise<void> {
    return this.#write(() => {
      this.dead.push({ key: row.key, reason, parked: false });
      this.#remove(row);
    });
  }

  park(row: OutboxRow, reason: string): Promise<void> {
    return this.#write(() => {
      this.dead.push({ key: row.key, reason, parked: true });
      const found = this.#find(row);
      if (found !== undefined) found.parked = true;
    });
  }

  /** Resolves when the commit of a turn that begins now was made, or held back. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }

  get uncommitted(): number {
    return this.#pending.length;
  }

  /** Makes the commits that were held back. */
  flush(): void {
    this.held = false;
    this.#commit();
  }

  #row(event: OutgoingEvent, packetId: number): Row {
    const key = ++this.#lastKey;
    return { key, event, qos: event.qos, packetId, released: false, again: false, parked: false, told: false };
  }

  #find({ key }: OutboxRow): Row | undefined {
    return this.#rows.find((row) => row.key === key);
  }

  #remove(row: OutboxRow): void {
    const found = this.#find(row);
    if (found === undefined) return;
    this.#rows.splice(this.#rows.indexOf(found), 1);
    if (found.packetId > 0) this.#byId.delete(found.packetId);
  }

  #takeId(): number | undefined {
    if (this.#byId.size + this.#reserved.size >= this.#maxId) return undefined;
    do this.#lastId = (this.#lastId % this.#maxId) + 1;
    while (this.#byId.has(this.#lastId) || this.#reserved.has(this.#lastId));
    return this.#lastId;
  }

  /** Ids for rows that wait for one, in order. */
  #identify(): void {
    for (const row of this.#rows) {
      if (row.qos === 0 || row.packetId > 0) continue;
      const id = this.#takeId();
      if (id === undefined) return;
      row.packetId = id;
      this.#byId.set(id, row);
    }
  }

  #tell(): void {
    const rows = (this.ready() as Row[]).filter(({ told }) => !told);
    for (const row of rows) row.told = true;
    if (rows.length > 0) this.#listener(rows);
  }

  #write(apply: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pending.push(() => {
      apply();
      resolve();
    });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        if (!this.held) this.#commit();
      });
    }
    return promise;
  }

  #commit(): void {
    for (const apply of this.#pending.splice(0)) apply();
    this.#identify();
    this.#tell();
  }
}
