import type { IPubackPacket, IPubcompPacket, IPubrecPacket } from 'mqtt-packet';
import type { OutgoingMessage } from '../../types.ts';
import type { Link } from './link.ts';
import type { Outbox, OutboxRow } from './outbox.ts';
import { toPublish } from './packets.ts';
import { isRefusal, OK, refusal, type Verdict } from './verdicts.ts';

export interface ExchangesHooks {
  /** The broker is done with a row. */
  settled(key: number, verdict: Verdict): void;
  /** There may be room for another publish. */
  room(): void;
  /** The outbox failed. */
  failed(error: unknown): void;
}

/** What one connection adds to the state in the outbox. */
interface Current {
  readonly link: Link;
  /** The broker's receive maximum: how many exchanges it lets us have open [MQTT-3.3.4-9]. */
  readonly window: number;
  /** Packet ids written on this connection whose exchange is not over. */
  readonly open: Set<number>;
  /** Rows of earlier connections that are still to be written on this one. */
  readonly again: OutboxRow[];
  readonly dup: boolean;
}

/**
 * The QoS 1 and 2 exchanges of one publisher session, over its connections [MQTT 5, 4.3.2, 4.3.3, 4.4] (DELIVERY,
 * "Out", rules 5 and 6).
 */
export class Exchanges {
  readonly #outbox: Outbox;
  readonly #hooks: ExchangesHooks;
  readonly #withdrawn = new Set<number>();
  #current: Current | undefined;
  #committing = 0;

  constructor(outbox: Outbox, hooks: ExchangesHooks) {
    this.#outbox = outbox;
    this.#hooks = hooks;
  }

  /** Exchanges open on this connection. */
  get open(): number {
    return this.#current?.open.size ?? 0;
  }

  /** Something begun waits for its commit to be written: QoS 0 must not overtake it. */
  get committing(): boolean {
    return this.#committing > 0;
  }

  /** Nothing new may be sent before everything old was. */
  get ready(): boolean {
    return this.#current !== undefined && this.#current.again.length === 0;
  }

  /** A connection is up. Rows of earlier ones go out first, in first order; returns how many may be repeated. */
  async begin(link: Link, sessionPresent: boolean, window: number): Promise<number> {
    if (!sessionPresent) await this.#outbox.restart();
    if (!link.open) return 0;
    const again = [...this.#outbox.rows()];
    this.#current = { link, window, open: new Set(), again, dup: sessionPresent };
    this.resume();
    return sessionPresent ? 0 : this.#outbox.size;
  }

  /** The connection ended. A withdrawn publish is not sent again, and its id names nothing on the next connection. */
  end(): void {
    this.#current = undefined;
    for (const { key, packetId } of this.#outbox.rows()) {
      if (this.#withdrawn.delete(key)) this.#watch(this.#outbox.delete(packetId));
    }
  }

  /** Writes rows of earlier connections as far as the window goes. */
  resume(): void {
    const current = this.#current;
    if (current === undefined) return;
    const { link, again, open, window, dup } = current;
    for (let row = again[0]; row !== undefined && !link.congested; row = again[0]) {
      const withdrawn = this.#outbox.get(row.packetId)?.key !== row.key;
      if (!withdrawn && !row.released && open.size >= window) return;
      again.shift();
      if (withdrawn) continue;
      open.add(row.packetId);
      if (row.released) this.#writePubrel(link, row.packetId);
      else link.write(toPublish(row.message, row.packetId, dup, link.request.protocol));
    }
  }

  /** Begins an exchange and returns its row's key; undefined where the window or the packet ids are used up. */
  send(message: OutgoingMessage): number | undefined {
    const current = this.#current;
    if (current === undefined || current.open.size >= current.window) return undefined;
    const added = this.#outbox.add(message);
    if (added === undefined) return undefined;
    const { key, packetId } = added.row;
    const { link, open } = current;
    open.add(packetId);
    this.#committing++;
    this.#watch(
      added.committed.then(() => {
        this.#committing--;
        if (this.#current === current) link.write(toPublish(message, packetId, false, link.request.protocol));
        if (this.#committing === 0) this.#hooks.room();
      }),
    );
    return key;
  }

  /**
   * Nobody waits for the verdict any more. At QoS 1 the row is not sent again; its id stays taken while an answer can
   * come. At QoS 2 the exchange goes on: the broker may hold its first half.
   */
  withdraw(key: number, message: OutgoingMessage): void {
    if (message.qos !== 1) return;
    const row = this.#outbox.rows().find((candidate) => candidate.key === key);
    if (row === undefined) return;
    if (this.#current?.open.has(row.packetId) === true) this.#withdrawn.add(key);
    else this.#watch(this.#outbox.delete(row.packetId));
  }

  answered(packet: IPubackPacket | IPubrecPacket | IPubcompPacket): void {
    const row = this.#outbox.get(packet.messageId ?? 0);
    const current = this.#current;
    if (row === undefined || current === undefined || !current.open.has(row.packetId)) return;
    const { qos } = row.message;
    if (packet.cmd === 'puback') {
      if (qos === 1) this.#finish(current, row, this.#verdict(packet, row));
    } else if (qos !== 2) return;
    else if (packet.cmd === 'pubcomp') {
      if (row.released) this.#finish(current, row, OK);
    } else if (isRefusal(packet.reasonCode)) this.#finish(current, row, this.#verdict(packet, row));
    else if (row.released) this.#writePubrel(current.link, row.packetId);
    else this.#release(current, row);
  }

  #release(current: Current, { packetId }: OutboxRow): void {
    this.#watch(
      this.#outbox.release(packetId).then(() => {
        if (this.#current === current) this.#writePubrel(current.link, packetId);
      }),
    );
  }

  #finish(current: Current, { key, packetId }: OutboxRow, verdict: Verdict): void {
    this.#watch(
      this.#outbox.delete(packetId).then(() => {
        current.open.delete(packetId);
        this.#withdrawn.delete(key);
        this.#hooks.settled(key, verdict);
        this.resume();
        this.#hooks.room();
      }),
    );
  }

  #writePubrel(link: Link, messageId: number): void {
    link.write({ cmd: 'pubrel', messageId, reasonCode: 0 });
  }

  #verdict(packet: IPubackPacket | IPubrecPacket, { message }: OutboxRow): Verdict {
    if (!isRefusal(packet.reasonCode)) return OK;
    const broker = this.#current?.link.request.address.display ?? '';
    return refusal(broker, message.topic, packet.reasonCode, packet.properties?.reasonString);
  }

  #watch(promise: Promise<unknown>): void {
    promise.catch((error: unknown) => this.#hooks.failed(error));
  }
}
