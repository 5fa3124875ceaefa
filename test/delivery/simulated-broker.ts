import type { IncomingMessage } from '../../src/types.ts';
import type { Sent } from './fake-subscriber.ts';
import { incoming } from './fixtures.ts';

export type Packet =
  | { readonly cmd: 'connack'; readonly sessionPresent: boolean }
  | { readonly cmd: 'suback' }
  | { readonly cmd: 'publish'; readonly message: IncomingMessage }
  | { readonly cmd: 'pubrel'; readonly packetId: number };

interface Inflight {
  readonly packetId: number;
  readonly m: number;
  released: boolean;
}

/** What the sender of QoS 1 and 2 does with one subscriber session [MQTT 5, 4.3.3, 4.4], as in the model's broker. */
export class SimulatedBroker {
  readonly #qos: 1 | 2;
  readonly #ids: number;
  readonly #topicOf: (m: number) => string;
  readonly #queue: number[] = [];
  #inflight: Inflight[] = [];
  #session = false;
  isSubscribed = false;
  /** On their way to the host, and from it. */
  readonly toHost: Packet[] = [];
  readonly fromHost: Sent[] = [];
  /** Went with a lost session: may be missing. */
  readonly lost = new Set<number>();

  constructor(qos: 1 | 2, ids: number, topicOf: (m: number) => string) {
    this.#qos = qos;
    this.#ids = ids;
    this.#topicOf = topicOf;
  }

  get isEmpty(): boolean {
    return this.#queue.length + this.#inflight.length + this.toHost.length + this.fromHost.length === 0;
  }

  get canSend(): boolean {
    return this.#queue.length > 0 && this.#inflight.length < this.#ids;
  }

  /** The message whose packet id it is. */
  inflight(packetId: number): number | undefined {
    return this.#inflight.find((found) => found.packetId === packetId)?.m;
  }

  produce(m: number): void {
    this.#queue.push(m);
  }

  connect(): void {
    this.toHost.push({ cmd: 'connack', sessionPresent: this.#session });
    this.#session = true;
    for (const { packetId, m, released } of this.#inflight)
      this.toHost.push(
        released ? { cmd: 'pubrel', packetId } : { cmd: 'publish', message: this.#message(packetId, m, true) },
      );
  }

  send(): void {
    const m = this.#queue.shift();
    if (m === undefined) return;
    let packetId = 1;
    while (this.#inflight.some((found) => found.packetId === packetId)) packetId++;
    this.#inflight.push({ packetId, m, released: false });
    this.toHost.push({ cmd: 'publish', message: this.#message(packetId, m, false) });
  }

  read(): void {
    const packet = this.fromHost.shift();
    if (packet === undefined) return;
    const { cmd, packetId } = packet;
    const found = this.#inflight.find((one) => one.packetId === packetId);
    if (cmd === 'subscribe') {
      this.isSubscribed = true;
      this.toHost.push({ cmd: 'suback' });
    } else if (cmd === 'pubrec' && found !== undefined) {
      found.released = true;
      this.toHost.push({ cmd: 'pubrel', packetId });
    } else if (found !== undefined && (cmd === 'puback' || (cmd === 'pubcomp' && found.released))) {
      this.#inflight = this.#inflight.filter((one) => one !== found);
    }
  }

  drop(): void {
    this.toHost.length = 0;
    this.fromHost.length = 0;
  }

  loseSession(): void {
    this.drop();
    for (const m of this.#queue) this.lost.add(m);
    for (const { m, released } of this.#inflight) if (!released) this.lost.add(m);
    this.#queue.length = 0;
    this.#inflight = [];
    this.#session = this.isSubscribed = false;
  }

  /** One message in flight expires: its id is free for another one. */
  expire(index: number): void {
    const found = this.#inflight[index];
    if (found === undefined) return;
    if (!found.released) this.lost.add(found.m);
    this.#inflight.splice(index, 1);
  }

  #message(packetId: number, m: number, dup: boolean): IncomingMessage {
    const userProperties = Object.entries({ specversion: '1.0', id: `${m}`, source: '/s', type: 't' });
    const properties = { userProperties };
    return incoming(this.#topicOf(m), { packetId, dup, qos: this.#qos, payload: Buffer.from(`${m}`), properties });
  }
}
