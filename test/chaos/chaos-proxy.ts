import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { type PacketHead, PacketHeads } from './packet-heads.ts';
import { SentAgain } from './sent-again.ts';
import { sumOf, type UnderWay } from './under-way.ts';

const [PUBLISH, PUBACK, PUBREC, PUBCOMP] = [3, 4, 5, 7];

/** What the network does to the bytes that pass. */
interface Network {
  /** Resolves when bytes may pass. */
  open: Promise<void>;
  /** Splits what passes into pieces of at most so many bytes, some milliseconds apart; undefined: as they come. */
  shape: { readonly bytes: () => number; readonly milliseconds: () => number } | undefined;
  /** Answers nothing more, to either side, without a word: a half-open connection. */
  deaf: boolean;
}

/** Bytes that one direction may hold back. */
const MOST_HELD = 1 << 20;

/** One direction of a connection. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #network: Network;
  readonly #passed: (chunk: Buffer) => void;
  readonly #queue: Buffer[] = [];
  #held = 0;
  #pumping = false;
  #ended = false;

  constructor(from: Socket, to: Socket, network: Network, passed: (chunk: Buffer) => void) {
    this.#from = from;
    this.#to = to;
    this.#network = network;
    this.#passed = passed;
    from.setNoDelay();
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('error', () => {});
    // What a killed client had written still reaches the broker, as it would without a proxy.
    from.on('close', () => {
      this.#ended = true;
      if (!this.#pumping) this.#end();
    });
  }

  #take(chunk: Buffer): void {
    this.#queue.push(chunk);
    this.#held += chunk.length;
    if (this.#held > MOST_HELD) this.#from.pause();
    if (!this.#pumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
      await this.#network.open;
      if (!this.#network.deaf) await this.#pass(chunk);
      this.#held -= chunk.length;
      if (this.#held <= MOST_HELD) this.#from.resume();
    }
    this.#pumping = false;
    if (this.#ended) this.#end();
  }

  async #pass(chunk: Buffer): Promise<void> {
    const { shape } = this.#network;
    for (let at = 0; at < chunk.length; ) {
      const piece = shape === undefined ? chunk : chunk.subarray(at, at + shape.bytes());
      at += piece.length;
      if (shape !== undefined) await delay(shape.milliseconds());
      if (this.#to.destroyed) return;
      this.#passed(piece);
      if (!this.#to.write(piece))
        await Promise.race([once(this.#to, 'drain'), once(this.#to, 'close')]).catch(() => {});
    }
  }

  /** Once `to` is ended, what it still sends is read and thrown away, or its end would go unseen. */
  #end(): void {
    if (!this.#network.deaf) this.#to.end().resume();
  }
}

/** One connection, of which all that is kept is which messages are under way. */
class Pair {
  readonly #client: Socket;
  readonly #broker: Socket;
  /** Packet ids; true once PUBREC was sent. */
  readonly #incoming = new Map<number, boolean>();
  readonly #outgoing = new Map<number, boolean>();
  closed = false;
  #clientId = '';

  constructor(client: Socket, broker: Socket, network: Network, sentAgain: SentAgain) {
    this.#client = client;
    this.#broker = broker;
    const fromClient = new PacketHeads(
      (head) => follow(head, this.#outgoing, this.#incoming),
      (clientId) => {
        this.#clientId = clientId;
      },
    );
    const fromBroker = new PacketHeads((head) => {
      sentAgain.fromBroker(this.#clientId, head);
      follow(head, this.#incoming, this.#outgoing);
    });
    new Lane(client, broker, network, (chunk) => fromClient.push(chunk));
    new Lane(broker, client, network, (chunk) => fromBroker.push(chunk));
    client.on('close', () => {
      this.closed = true;
    });
  }

  get underWay(): UnderWay {
    const [recorded, received] = [this.#incoming, this.#outgoing].map(
      (messages) => [...messages.values()].filter((halfway) => halfway).length,
    ) as [number, number];
    return { handling: this.#incoming.size - recorded, recorded, sent: this.#outgoing.size - received, received };
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#broker.resetAndDestroy();
  }
}

/** One packet: a PUBLISH begins a message of `own`, every answer is to one of `other`. */
function follow({ type, packetId: id }: PacketHead, own: Map<number, boolean>, other: Map<number, boolean>): void {
  if (type === PUBLISH) own.set(id, own.get(id) ?? false);
  else if (type === PUBREC && other.has(id)) other.set(id, true);
  else if (type === PUBACK || type === PUBCOMP) other.delete(id);
}

/** A proxy before a broker that knows which messages its clients have under way, however long it runs. */
export interface ChaosProxy {
  readonly port: number;
  readonly url: string;
  /** What its clients have under way. */
  readonly underWay: UnderWay;
  /** How many messages the broker sent again that it had released. */
  readonly sentAgain: number;
  /**
   * What the clients had under way when they ended, once all that are connected have ended and everything that they
   * wrote has been seen; their connections are forgotten.
   */
  atDeath(): Promise<UnderWay>;
  /** Resets every connection, as a network does that fails. */
  cut(): void;
  /** Nothing passes until {@link flow}; what comes meanwhile is kept. */
  stall(): void;
  flow(): void;
  /** Connections stay open and nothing passes any more, for so many milliseconds; then they are reset. */
  halfOpen(milliseconds: number): Promise<void>;
  /** Packets are split at random and delayed until {@link whole}. */
  split(random: () => number): void;
  whole(): void;
}

class FaultyNetwork implements ChaosProxy {
  readonly #network: Network = { open: Promise.resolve(), shape: undefined, deaf: false };
  /** Those whose messages are counted: of clients since the last death. */
  #pairs: Pair[] = [];
  /** All that have an open end. */
  readonly #open = new Set<Pair>();
  readonly #sentAgain = new SentAgain();
  #flow: () => void = () => {};
  port = 0;

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async listen(brokerPort: number): Promise<void> {
    const server = createServer((client) => {
      const broker = connect(brokerPort, '127.0.0.1');
      const pair = new Pair(client, broker, this.#network, this.#sentAgain);
      this.#pairs.push(pair);
      this.#open.add(pair);
      for (const socket of [client, broker])
        socket.on('close', () => client.destroyed && broker.destroyed && this.#open.delete(pair));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as { port: number }).port;
    atEnd(() => {
      this.flow();
      this.cut();
      return new Promise<void>((closed) => server.close(() => closed()));
    });
  }

  get underWay(): UnderWay {
    return sumOf(this.#pairs.map((pair) => pair.underWay));
  }

  get sentAgain(): number {
    return this.#sentAgain.count;
  }

  async atDeath(): Promise<UnderWay> {
    await eventually(() => this.#pairs.every(({ closed }) => closed), { interval: 1 });
    const { underWay } = this;
    this.#pairs = [];
    return underWay;
  }

  cut(): void {
    for (const pair of this.#open) pair.cut();
    this.#pairs = [];
  }

  stall(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#network.open = promise;
    this.#flow = resolve;
  }

  flow(): void {
    this.#flow();
    this.#network.open = Promise.resolve();
  }

  async halfOpen(milliseconds: number): Promise<void> {
    this.#network.deaf = true;
    await delay(milliseconds);
    this.cut();
    this.#network.deaf = false;
  }

  split(random: () => number): void {
    this.#network.shape = {
      bytes: () => 1 + Math.floor(random() * 200),
      milliseconds: () => (random() < 0.9 ? 0 : random() * 20),
    };
  }

  whole(): void {
    this.#network.shape = undefined;
  }
}

export async function startChaosProxy(brokerPort: number): Promise<ChaosProxy> {
  const proxy = new FaultyNetwork();
  await proxy.listen(brokerPort);
  return proxy;
}
