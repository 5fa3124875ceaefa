import type { Outbox, OutboxRow } from '../../../journal.ts';
import { encode, isExpired, ruledOut } from './fitness.ts';
import type { Flight } from './flight.ts';
import type { RowEnds } from './row-ends.ts';
import { EXPIRED, OK, TIMED_OUT } from './verdicts.ts';
import { type Job, Waiting } from './waiting.ts';

export interface ConfirmedHooks {
  /** The PUBLISH of a row was written. */
  wrote(row: OutboxRow): void;
  /** More may be sent. */
  room(): void;
  failed(error: unknown): void;
}

/** What may wait to be written: a bound that is met only when the broker is away or much too slow. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * The publishes that somebody waits for, first come first. At QoS 1 they are kept in memory, with ids that the outbox
 * lends; at QoS 2 each becomes a row of the outbox when it is its turn (DELIVERY, "Out").
 */
export class Confirmed {
  readonly #outbox: Outbox;
  readonly #ends: RowEnds;
  readonly #hooks: ConfirmedHooks;
  readonly #waiting = new Waiting(MAX_WAITING, MAX_WAITING_BYTES);
  /** QoS 1, sent on an earlier connection and not answered. */
  #again: Job[] = [];
  #flight: Flight | undefined;
  /** Rows of this connection whose commit is under way: what comes later is not written before them. */
  #adding = 0;

  constructor(outbox: Outbox, ends: RowEnds, hooks: ConfirmedHooks) {
    this.#outbox = outbox;
    this.#ends = ends;
    this.#hooks = hooks;
  }

  begin(flight: Flight): void {
    this.#flight = flight;
    this.#adding = 0;
  }

  /** The connection ended. A publish that timed out is not sent again, and its id names nothing on the next one. */
  end(): void {
    const sent: Job[] = [];
    for (const { job } of this.#flight?.exchanges() ?? []) {
      if (job?.settled === true) this.#outbox.unreserve(job.packetId);
      else if (job !== undefined) sent.push(job);
    }
    this.#again = [...sent, ...this.#again];
    this.#flight = undefined;
  }

  /** False where too many wait. */
  add(job: Job): boolean {
    return this.#waiting.add(job);
  }

  /** Something of an earlier connection is still to be sent. */
  get old(): boolean {
    return this.#again.length > 0;
  }

  /** Its time is over: settles it with `timeout` where it was sent, and returns whether it was. */
  expire(job: Job): boolean {
    if (job.row !== undefined) this.#ends.forget(job.row);
    else if (job.packetId === 0) {
      this.#waiting.remove(job);
      return false;
    } else if (this.#again.includes(job)) {
      this.#again = this.#again.filter((other) => other !== job);
      this.#outbox.unreserve(job.packetId);
    }
    job.settle(TIMED_OUT);
    return true;
  }

  /** Sends the first of those that were sent before: with DUP on a resumed session, anew on another. */
  sendAgain(alone: boolean): boolean {
    const job = this.#again[0];
    const flight = this.#flight;
    if (job === undefined || flight === undefined || !flight.room(alone)) return false;
    this.#again.shift();
    if (this.#fits(flight, job, flight.resumed))
      flight.publish(flight.begin(job.packetId, undefined, job), job.message, flight.resumed);
    else this.#outbox.unreserve(job.packetId);
    return true;
  }

  /** Sends the first that waits; false where there is none or it has to go on waiting. */
  send(alone: boolean): boolean {
    const job = this.#waiting.first;
    const flight = this.#flight;
    if (job === undefined || flight === undefined) return false;
    const { qos } = job.event;
    if (qos < 2 && this.#adding > 0) return false;
    if ((qos > 0 || alone) && !flight.room(alone)) return false;
    if (qos === 2) return this.#add(flight, job);
    const packetId = qos === 1 ? this.#outbox.reserve() : 0;
    if (packetId === undefined) return false;
    this.#waiting.shift();
    if (!this.#fits(flight, job, false)) {
      if (packetId > 0) this.#outbox.unreserve(packetId);
    } else if (qos === 1) {
      job.packetId = packetId;
      flight.publish(flight.begin(packetId, undefined, job), job.message, false);
    } else {
      flight.publishQos0(job.message, alone, this.#hooks.room);
      job.settle(OK);
    }
    return true;
  }

  /** QoS 2: commit {row, id}, then PUBLISH (rule 5). False where no id is free. */
  #add(flight: Flight, job: Job): boolean {
    if (!this.#fits(flight, job, false)) {
      this.#waiting.shift();
      return true;
    }
    const added = this.#outbox.add(job.event);
    if (added === undefined) return false;
    this.#waiting.shift();
    const { row, committed } = added;
    job.row = row;
    this.#ends.await(row, job);
    const exchange = flight.begin(row.packetId, row, undefined);
    this.#adding++;
    committed.then(
      () => {
        if (this.#flight !== flight || !flight.link.open) return;
        this.#adding--;
        this.#hooks.wrote(row);
        flight.publish(exchange, job.message, false);
        if (this.#adding === 0) this.#hooks.room();
      },
      (error: unknown) => this.#hooks.failed(error),
    );
    return true;
  }

  /** Settles the job where this connection cannot carry it, or its expiry is over and it was not sent. */
  #fits(flight: Flight, job: Job, sent: boolean): boolean {
    const { protocol, granted, broker } = flight;
    if (!sent && isExpired(job.event)) {
      job.settle(EXPIRED);
      return false;
    }
    if (job.protocol !== protocol || job.event.expiresAt !== undefined) {
      const encoded = encode(job.event, protocol);
      if (!encoded.ok) {
        job.settle(encoded);
        return false;
      }
      job.message = encoded.value;
      job.protocol = protocol;
    }
    const error = ruledOut(job.message, protocol, granted, broker);
    if (error !== undefined) job.settle({ ok: false, error });
    return error === undefined;
  }
}
