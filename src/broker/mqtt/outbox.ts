import type { OutgoingMessage } from '../../types.ts';

/** A publish at QoS 1 or 2 that was given a packet id, until the broker is done with it. */
export interface OutboxRow {
  /** Names the row for as long as it lives; its packet id may change. */
  readonly key: number;
  readonly message: OutgoingMessage;
  readonly packetId: number;
  /** QoS 2: PUBREC came, so PUBREL is what is sent (again), and the broker delivers. */
  readonly released: boolean;
}

export interface AddedRow {
  readonly row: OutboxRow;
  readonly committed: Promise<void>;
}

/**
 * What a publisher session has begun to send, in first order: the state that has to outlive the connection (DELIVERY,
 * "Out", rules 5 and 6). What a method changes holds when its promise resolves; until then nothing that rests on it may
 * be sent. A packet id is free only when its row is deleted.
 */
export interface Outbox {
  /** Whether the rows outlive the process: then its first connection resumes too, and otherwise starts clean. */
  readonly durable: boolean;
  readonly size: number;
  /** In first order. */
  rows(): readonly OutboxRow[];
  get(packetId: number): OutboxRow | undefined;
  /** Takes the message in at the end, with an id of its own; undefined where no id is free. */
  add(message: OutgoingMessage): AddedRow | undefined;
  release(packetId: number): Promise<void>;
  delete(packetId: number): Promise<void>;
  /** The broker has lost the session: every row gets a new id and is not released, in the same order. */
  restart(): Promise<void>;
}

const MAX_ID = 65_535;

/** Packet ids from 1, each given out again as late as possible, so that a late answer meets no new row. */
class PacketIds {
  readonly #used = new Set<number>();
  #last = 0;

  take(): number | undefined {
    if (this.#used.size === MAX_ID) return undefined;
    do this.#last = (this.#last % MAX_ID) + 1;
    while (this.#used.has(this.#last));
    this.#used.add(this.#last);
    return this.#last;
  }

  free(id: number): void {
    this.#used.delete(id);
  }
}

/** An outbox that ends with the process. */
export class MemoryOutbox implements Outbox {
  readonly durable = false;
  readonly #ids = new PacketIds();
  #lastKey = 0;
  #rows = new Map<number, OutboxRow>();

  get size(): number {
    return this.#rows.size;
  }

  rows(): readonly OutboxRow[] {
    return [...this.#rows.values()];
  }

  get(packetId: number): OutboxRow | undefined {
    return this.#rows.get(packetId);
  }

  add(message: OutgoingMessage): AddedRow | undefined {
    const packetId = this.#ids.take();
    if (packetId === undefined) return undefined;
    const row = { key: ++this.#lastKey, message, packetId, released: false };
    this.#rows.set(packetId, row);
    return { row, committed: Promise.resolve() };
  }

  async release(packetId: number): Promise<void> {
    const row = this.#rows.get(packetId);
    if (row !== undefined) this.#rows.set(packetId, { ...row, released: true });
  }

  async delete(packetId: number): Promise<void> {
    if (this.#rows.delete(packetId)) this.#ids.free(packetId);
  }

  async restart(): Promise<void> {
    const rows = this.rows();
    this.#rows = new Map();
    for (const { packetId } of rows) this.#ids.free(packetId);
    for (const { key, message } of rows) {
      const packetId = this.#ids.take() as number;
      this.#rows.set(packetId, { key, message, packetId, released: false });
    }
  }
}
