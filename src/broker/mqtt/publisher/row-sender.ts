import type { Outbox, OutboxRow } from '../../../journal.ts';
import type { PubsubError } from '../../../types.ts';
import { encodeFor, isExpired } from './fitness.ts';
import type { Flight } from './flight.ts';

export interface RowSenderHooks {
  /** No packet of this connection can carry the row. */
  unfit(row: OutboxRow, error: PubsubError): void;
  /** Its expiry is over, and it was not sent. */
  expired(row: OutboxRow): void;
  /** More may be sent. */
  room(): void;
  failed(error: unknown): void;
}

/** Sent entries before the array is cut: keeps the cost of a shift away from each row. */
const COMPACT = 1024;
/** QoS 0 rows whose deletion may be uncommitted at once. */
const MAX_DELETING = 256;

/** Writes the rows of the outbox to each connection, in commit order (DELIVERY, "Out", rules 5 to 7). */
export class RowSender {
  readonly #outbox: Outbox;
  readonly #hooks: RowSenderHooks;
  /** The largest key that may have been sent before. In a new process: what the outbox holds ready. */
  #highest: number;
  #flight: Flight | undefined;
  #queue: OutboxRow[] = [];
  #next = 0;
  /** How many at the head of the queue are of earlier connections. */
  #old = 0;
  /** Refused for a quota: that exchange is over, so the next PUBLISH is its first. */
  readonly #anew = new Set<OutboxRow>();
  #deleting = 0;

  constructor(outbox: Outbox, hooks: RowSenderHooks) {
    this.#outbox = outbox;
    this.#hooks = hooks;
    this.#highest = outbox.ready().at(-1)?.key ?? 0;
    outbox.onReady((rows) => {
      if (this.#flight === undefined) return;
      for (const row of rows) this.#queue.push(row);
      hooks.room();
    });
  }

  /** A connection is up, and the outbox knows: everything in it is to be sent, first what is of earlier connections. */
  begin(flight: Flight): void {
    this.#flight = flight;
    this.#queue = [...this.#outbox.ready()];
    this.#next = 0;
    this.#old = this.#queue.length;
    this.#deleting = 0;
  }

  end(): void {
    this.#flight = undefined;
    this.#queue = [];
    this.#next = 0;
    this.#old = 0;
    this.#anew.clear();
  }

  /** Nothing new may be sent before everything old was (rule 6). */
  get old(): boolean {
    return this.#old > 0;
  }

  /** The row's PUBLISH was written by somebody else. */
  wrote(row: OutboxRow): void {
    if (row.key > this.#highest) this.#highest = row.key;
  }

  /** Rows that were refused for a quota go before everything else. */
  putBack(rows: readonly OutboxRow[]): void {
    for (const row of rows) this.#anew.add(row);
    const first = [...rows].sort((a, b) => a.key - b.key);
    this.#queue = [...first, ...this.#queue.slice(this.#next)];
    this.#next = 0;
    this.#old += first.length;
  }

  /** Sends the first row; false where there is none or it has to wait. */
  send(alone: boolean): boolean {
    const row = this.#queue[this.#next];
    const flight = this.#flight;
    if (row === undefined || flight === undefined) return false;
    if (row.qos === 0) return this.#sendQos0(flight, row, alone);
    if (this.#deleting > 0) return false;
    // Gone meanwhile, or sent already.
    if (this.#outbox.get(row.packetId)?.key !== row.key || flight.get(row.packetId)?.row?.key === row.key) {
      this.#shift();
      return true;
    }
    if (row.released) {
      this.#shift();
      flight.release(flight.begin(row.packetId, row, undefined));
      return true;
    }
    if (!flight.room(alone)) return false;
    this.#publish(flight, row);
    return true;
  }

  #publish(flight: Flight, row: OutboxRow): void {
    const dup = this.#wasSent(flight, row);
    this.#shift();
    const message = this.#encode(flight, row, dup);
    if (message === undefined) return;
    this.wrote(row);
    flight.publish(flight.begin(row.packetId, row, undefined), message, dup);
  }

  #wasSent(flight: Flight, row: OutboxRow): boolean {
    if (this.#anew.delete(row)) return false;
    if (this.#old === 0) return row.again;
    return flight.resumed && (row.again || row.key <= this.#highest);
  }

  /** Undefined where the row is at its end instead. What was sent goes out again, expired or not [MQTT-4.3.3-7]. */
  #encode(flight: Flight, row: OutboxRow, sent: boolean) {
    const event = this.#outbox.load(row);
    if (event === undefined) return undefined;
    if (!sent && isExpired(event)) {
      this.#hooks.expired(row);
      return undefined;
    }
    const encoded = encodeFor(event, flight.protocol, flight.granted, flight.broker);
    if (encoded.ok) return encoded.value;
    this.#hooks.unfit(row, encoded.error);
    return undefined;
  }

  /** Deleted, then written (rule 5); what is behind it waits, to leave in its turn. */
  #sendQos0(flight: Flight, row: OutboxRow, alone: boolean): boolean {
    if (this.#deleting >= MAX_DELETING || (alone && (this.#deleting > 0 || !flight.room(true)))) return false;
    this.#shift();
    const message = this.#encode(flight, row, false);
    if (message === undefined) return true;
    this.#deleting++;
    this.#outbox.delete(row).then(
      () => {
        if (this.#flight !== flight || !flight.link.open) return;
        this.#deleting--;
        flight.publishQos0(message, alone, this.#hooks.room);
        if (this.#deleting === 0) this.#hooks.room();
      },
      (error: unknown) => this.#hooks.failed(error),
    );
    return true;
  }

  #shift(): void {
    this.#next++;
    if (this.#old > 0) this.#old--;
    if (this.#next < COMPACT || this.#next * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#next);
    this.#next = 0;
  }
}
