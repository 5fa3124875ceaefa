import { connect, createServer, type Socket } from 'node:net';
import { type Packet, parser } from 'mqtt-packet';
import { atEnd } from './cleanup.ts';

/** What the proxy saw of one connection, parsed, in order of arrival. */
export interface Tap {
  /** From the client. */
  readonly sent: readonly Packet[];
  /** From the broker. */
  readonly received: readonly Packet[];
}

/** A TCP proxy on 127.0.0.1 before a broker, with the faults of a network on demand. */
export interface TestProxy {
  readonly port: number;
  /** One for each connection so far. */
  readonly taps: readonly Tap[];
  /** Resets every connection. */
  cut(): void;
  /** Accepts and keeps connections, and moves nothing in either direction: a half-open network. */
  stall(): void;
  /** Ends a {@link stall}; what had arrived meanwhile is moved on. */
  flow(): void;
  /** Turns new connections away, and back again. */
  refuse(refuse: boolean): void;
}

class Pair {
  readonly tap: { sent: Packet[]; received: Packet[] } = { sent: [], received: [] };
  readonly #client: Socket;
  readonly #broker: Socket;

  constructor(client: Socket, broker: Socket) {
    this.#client = client;
    this.#broker = broker;
    this.#listen();
    for (const [from, to] of [[client, broker] as const, [broker, client] as const]) {
      from.setNoDelay();
      from.on('data', (chunk) => to.write(chunk));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }

  /** The broker's side can be parsed once CONNECT has told the version. */
  #listen(): void {
    const fromClient = parser();
    let fromBroker: ReturnType<typeof parser> | undefined;
    fromClient.on('error', () => {});
    fromClient.on('packet', (packet) => {
      this.tap.sent.push(packet);
      if (packet.cmd !== 'connect') return;
      fromBroker = parser({ protocolVersion: packet.protocolVersion });
      fromBroker.on('error', () => {});
      fromBroker.on('packet', (answer) => this.tap.received.push(answer));
    });
    this.#client.on('data', (chunk: Buffer) => fromClient.parse(chunk));
    this.#broker.on('data', (chunk: Buffer) => fromBroker?.parse(chunk));
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#broker.resetAndDestroy();
  }

  pause(): void {
    this.#client.pause();
    this.#broker.pause();
  }

  resume(): void {
    this.#client.resume();
    this.#broker.resume();
  }
}

/** Closed with the test, or with the file from `beforeAll`. */
export async function startProxy(brokerPort: number): Promise<TestProxy> {
  const pairs = new Set<Pair>();
  const taps: Tap[] = [];
  let stalled = false;
  let refusing = false;
  const server = createServer((client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const pair = new Pair(client, connect(brokerPort, '127.0.0.1'));
    pairs.add(pair);
    taps.push(pair.tap);
    client.on('close', () => pairs.delete(pair));
    if (stalled) pair.pause();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const cut = () => {
    for (const pair of pairs) pair.cut();
  };
  atEnd(() => {
    cut();
    return new Promise<void>((closed) => server.close(() => closed()));
  });
  return {
    port: (server.address() as { port: number }).port,
    taps,
    cut,
    stall: () => {
      stalled = true;
      for (const pair of pairs) pair.pause();
    },
    flow: () => {
      stalled = false;
      for (const pair of pairs) pair.resume();
    },
    refuse: (refuse) => {
      refusing = refuse;
    },
  };
}
