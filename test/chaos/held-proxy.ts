import { connect, createServer, type Socket } from 'node:net';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { PacketHeads } from './packet-heads.ts';

const [PUBLISH, PUBREC, PUBCOMP] = [3, 5, 7];

/** Messages that a client was handed at qos 2 and has not sent PUBCOMP for. */
export interface Held {
  /** It had answered nothing. */
  readonly unanswered: number;
  /** It had sent PUBREC. */
  readonly recorded: number;
}

/** One connection: bytes pass unchanged, and which messages are under way is all that is kept of them. */
class Pair {
  readonly #client: Socket;
  readonly #broker: Socket;
  /** Packet ids; true once PUBREC was sent. */
  readonly #held = new Map<number, boolean>();
  closed = false;

  constructor(client: Socket, broker: Socket) {
    this.#client = client;
    this.#broker = broker;
    const fromClient = new PacketHeads((type, id) => this.#sent(type, id));
    const fromBroker = new PacketHeads((type, id, qos) => this.#received(type, id, qos));
    client.on('data', (chunk: Buffer) => fromClient.push(chunk));
    broker.on('data', (chunk: Buffer) => fromBroker.push(chunk));
    for (const [from, to] of [[client, broker] as const, [broker, client] as const]) {
      from.setNoDelay();
      from.pipe(to);
      from.on('error', () => {});
      // What a killed client had written still reaches the broker, as it would without a proxy. Once `to` is ended,
      // nothing is piped to it any more: what `from` still sends is read and thrown away, or its end would go unseen.
      from.on('close', () => to.end().resume());
    }
    client.on('close', () => {
      this.closed = true;
    });
  }

  #received(type: number, id: number, qos: number): void {
    if (type === PUBLISH && qos === 2) this.#held.set(id, this.#held.get(id) ?? false);
  }

  #sent(type: number, id: number): void {
    if (type === PUBREC && this.#held.has(id)) this.#held.set(id, true);
    else if (type === PUBCOMP) this.#held.delete(id);
  }

  get held(): Held {
    const recorded = [...this.#held.values()].filter((sent) => sent).length;
    return { unanswered: this.#held.size - recorded, recorded };
  }

  destroy(): void {
    this.#client.destroy();
    this.#broker.destroy();
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#broker.resetAndDestroy();
  }
}

/** A proxy before a broker that knows which messages its clients hold, however long it runs. */
export interface HeldProxy {
  readonly port: number;
  /**
   * What the clients held when they ended, once all that are connected have ended and everything that they wrote has
   * been seen; their connections are forgotten.
   */
  atDeath(): Promise<Held>;
  /** Resets every connection, as a network does that fails. */
  cut(): void;
}

export async function startHeldProxy(brokerPort: number): Promise<HeldProxy> {
  let pairs: Pair[] = [];
  const server = createServer((client) => void pairs.push(new Pair(client, connect(brokerPort, '127.0.0.1'))));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  atEnd(() => {
    for (const pair of pairs) pair.destroy();
    return new Promise<void>((closed) => server.close(() => closed()));
  });
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      for (const pair of pairs) pair.cut();
      pairs = [];
    },
    atDeath: async () => {
      await eventually(() => pairs.every(({ closed }) => closed), { interval: 1 });
      const held = pairs.map((pair) => pair.held);
      pairs = [];
      const sum = (of: (each: Held) => number) => held.reduce((total, each) => total + of(each), 0);
      return { unanswered: sum(({ unanswered }) => unanswered), recorded: sum(({ recorded }) => recorded) };
    },
  };
}
