import type { IPubackPacket, IPubcompPacket, IPubrecPacket, Packet } from 'mqtt-packet';
import { failpoint } from '#failpoint';
import type { Outbox, OutboxRow } from '../../../journal.ts';
import type { Exchange, Flight } from './flight.ts';
import type { RowEnds } from './row-ends.ts';
import { isRefusal, OK, refusal, type Verdict } from './verdicts.ts';
import type { Job } from './waiting.ts';

export interface AnswersHooks {
  /** A PUBLISH was answered. */
  answered(exchange: Exchange): void;
  /** The broker would not take it, and some close the connection after saying so. */
  refused(): void;
  /** It was refused for a quota: it is to be sent again later. */
  overQuota(exchange: Exchange, row: OutboxRow): void;
  /** A row is at its end, or an id is free. */
  ended(): void;
  failed(error: unknown): void;
}

const QUOTA_EXCEEDED = 0x97;

/** What follows from PUBACK, PUBREC and PUBCOMP [MQTT 5, 4.3.2, 4.3.3] (DELIVERY, rules 5 and 8). */
export class Answers {
  readonly #outbox: Outbox;
  readonly #ends: RowEnds;
  readonly #hooks: AnswersHooks;

  constructor(outbox: Outbox, ends: RowEnds, hooks: AnswersHooks) {
    this.#outbox = outbox;
    this.#ends = ends;
    this.#hooks = hooks;
  }

  /** Ids that are not in use on this connection are ignored. */
  read(flight: Flight, packet: Packet): void {
    const exchange = flight.get(packet.messageId ?? 0);
    if (exchange === undefined) return;
    const { row, job } = exchange;
    if (packet.cmd === 'puback') {
      if (exchange.state !== 'published') return;
      if (job !== undefined) this.#finishJob(flight, exchange, job, packet);
      else if (row?.qos === 1) this.#puback(flight, exchange, row, packet);
    } else if (row?.qos !== 2) return;
    else if (packet.cmd === 'pubrec') this.#pubrec(flight, exchange, row, packet);
    else if (packet.cmd === 'pubcomp') this.#pubcomp(flight, exchange, row);
  }

  #finishJob(flight: Flight, exchange: Exchange, job: Job, packet: IPubackPacket): void {
    const verdict = this.#verdict(flight, job.event.topic, packet);
    flight.end(exchange);
    this.#outbox.unreserve(job.packetId);
    this.#hooks.answered(exchange);
    if (!verdict.ok) this.#hooks.refused();
    job.settle(verdict);
    this.#hooks.ended();
  }

  #puback(flight: Flight, exchange: Exchange, row: OutboxRow, packet: IPubackPacket): void {
    failpoint('out.completed');
    if (this.#refused(flight, exchange, row, packet)) return;
    this.#hooks.answered(exchange);
    this.#end(flight, exchange, this.#ends.done(row));
  }

  #pubrec(flight: Flight, exchange: Exchange, row: OutboxRow, packet: IPubrecPacket): void {
    failpoint('out.received');
    if (exchange.state === 'released') flight.release(exchange);
    if (exchange.state !== 'published' || this.#refused(flight, exchange, row, packet)) return;
    flight.answered(exchange);
    this.#hooks.answered(exchange);
    this.#outbox.release(row).then(
      () => {
        failpoint('out.released');
        if (flight.link.open) flight.release(exchange);
      },
      (error: unknown) => this.#hooks.failed(error),
    );
  }

  #pubcomp(flight: Flight, exchange: Exchange, row: OutboxRow): void {
    if (exchange.state !== 'released') return;
    failpoint('out.completed');
    this.#end(flight, exchange, this.#ends.done(row));
  }

  /** Takes up a refusal; false where the answer is none. */
  #refused(flight: Flight, exchange: Exchange, row: OutboxRow, packet: IPubackPacket | IPubrecPacket): boolean {
    if (!isRefusal(packet.reasonCode)) return false;
    if (packet.reasonCode === QUOTA_EXCEEDED && !this.#ends.awaited(row)) {
      flight.end(exchange);
      this.#hooks.overQuota(exchange, row);
      return true;
    }
    this.#hooks.answered(exchange);
    this.#hooks.refused();
    const topic = this.#outbox.load(row)?.topic ?? '';
    const verdict = this.#verdict(flight, topic, packet);
    if (!verdict.ok) this.#end(flight, exchange, this.#ends.refuse(row, verdict.error));
    return true;
  }

  /** The id is in use until the commit: only then may the window let another in. */
  #end(flight: Flight, exchange: Exchange, committed: Promise<void>): void {
    flight.answered(exchange);
    committed.then(
      () => {
        flight.end(exchange);
        this.#hooks.ended();
      },
      (error: unknown) => this.#hooks.failed(error),
    );
  }

  #verdict(flight: Flight, topic: string, packet: IPubackPacket | IPubrecPacket): Verdict {
    if (!isRefusal(packet.reasonCode)) return OK;
    return refusal(flight.broker, topic, packet.reasonCode, packet.properties?.reasonString);
  }
}

/** Whether a packet answers a publish. */
export function isAnswer(packet: Packet): packet is IPubackPacket | IPubrecPacket | IPubcompPacket {
  return packet.cmd === 'puback' || packet.cmd === 'pubrec' || packet.cmd === 'pubcomp';
}
