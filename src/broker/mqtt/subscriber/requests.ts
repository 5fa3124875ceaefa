import type { ISubackPacket, IUnsubackPacket, Packet } from 'mqtt-packet';
import type { QoS } from '../../../types.ts';
import type { Link } from '../connection/link.ts';

type Answer = ISubackPacket | IUnsubackPacket;

interface Pending {
  readonly answer: 'suback' | 'unsuback';
  readonly resolve: (packet: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The connection ended before an answer came: nothing is known, and the next connection starts over. */
export class Unanswered extends Error {}

/** SUBSCRIBE and UNSUBSCRIBE of one connection, each with its answer. */
export class Requests {
  readonly #link: Link;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Reason codes in the order of `filters`; rejects with {@link Unanswered}. */
  async subscribe(filters: readonly string[], qos: QoS): Promise<readonly number[]> {
    // rh 1: retained messages only where the subscription is new [MQTT-3.3.1-10]; ignored by the encoder on 3.1.1.
    const subscriptions = filters.map((topic) => ({ topic, qos, nl: false, rap: false, rh: 1 }));
    const messageId = this.#id();
    const packet = await this.#ask({ cmd: 'subscribe', messageId, subscriptions }, messageId, 'suback');
    return packet.granted as number[];
  }

  /** Reason codes in the order of `filters`, none on 3.1.1; rejects with {@link Unanswered}. */
  async unsubscribe(filters: readonly string[]): Promise<readonly number[]> {
    const messageId = this.#id();
    const request: Packet = { cmd: 'unsubscribe', messageId, unsubscriptions: [...filters] };
    const packet = await this.#ask(request, messageId, 'unsuback');
    return (packet.granted as number[] | undefined) ?? [];
  }

  answered(packet: Answer): void {
    const pending = this.#pending.get(packet.messageId ?? 0);
    if (pending === undefined || pending.answer !== packet.cmd) return;
    this.#pending.delete(packet.messageId ?? 0);
    pending.resolve(packet);
  }

  /** The connection ended. */
  fail(): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(new Unanswered('the connection ended before the broker answered'));
  }

  #id(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  #ask(packet: Packet, messageId: number, answer: Pending['answer']): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending.set(messageId, { answer, resolve, reject });
      this.#link.write(packet);
    });
  }
}
