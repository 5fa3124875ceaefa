import { createServer, type Socket } from 'node:net';
import { type IConnectPacket, type Packet, parser, writeToStream } from 'mqtt-packet';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';

/** One connection as the scripted broker sees it. */
export class Peer {
  /** Everything that came, in order, CONNECT first. */
  readonly received: Packet[] = [];
  readonly #socket: Socket;
  #version: number | undefined = 4;
  closed = false;
  /** How many reads it took to receive everything. */
  chunks = 0;

  constructor(socket: Socket, script: Script) {
    this.#socket = socket;
    const incoming = parser();
    incoming.on('error', () => socket.destroy());
    incoming.on('packet', (packet) => {
      this.received.push(packet);
      if (packet.cmd === 'connect') this.#version = packet.protocolVersion;
      script(packet, this);
    });
    socket.setNoDelay();
    socket.on('data', (chunk: Buffer) => {
      this.chunks++;
      incoming.parse(chunk);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
  }

  get connect(): IConnectPacket {
    return this.received[0] as IConnectPacket;
  }

  send(...packets: Packet[]): void {
    for (const packet of packets) writeToStream(packet, this.#socket, { protocolVersion: this.#version });
  }

  raw(bytes: readonly number[]): void {
    this.#socket.write(Buffer.from(bytes));
  }

  /** After what was sent. */
  end(): void {
    setImmediate(() => this.#socket.end());
  }

  /** As a network does that breaks. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Stops reading: what the client writes stays in the network. */
  pause(): void {
    this.#socket.pause();
  }

  of<T extends Packet['cmd']>(cmd: T): Extract<Packet, { cmd: T }>[] {
    return this.received.filter((packet): packet is Extract<Packet, { cmd: T }> => packet.cmd === cmd);
  }
}

/** What the broker does with each packet. */
export type Script = (packet: Packet, peer: Peer) => void;

type Connack = Partial<Extract<Packet, { cmd: 'connack' }>>;

/** Accepts, grants what is asked, answers pings; everything else is left to the test. */
export function obliging(connack: Connack = {}): Script {
  return (packet, peer) => {
    if (packet.cmd === 'connect')
      peer.send({ cmd: 'connack', sessionPresent: false, reasonCode: 0, returnCode: 0, ...connack });
    else if (packet.cmd === 'subscribe') {
      const granted = packet.subscriptions.map(({ qos }) => qos);
      peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
    } else if (packet.cmd === 'unsubscribe') {
      peer.send({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: packet.unsubscriptions.map(() => 0) });
    } else if (packet.cmd === 'pingreq') peer.send({ cmd: 'pingresp' });
    else if (packet.cmd === 'disconnect') peer.end();
  };
}

export interface ScriptedBroker {
  readonly port: number;
  /** In order of connection. */
  readonly peers: readonly Peer[];
  /** Of connections made from now on. */
  script: Script;
  /** The connection number `index`, from 0, once its CONNECT has come. */
  peer(index?: number): Promise<Peer>;
}

/** A broker on 127.0.0.1 that does what the test says; closed with the test. */
export async function startScriptedBroker(script: Script = obliging()): Promise<ScriptedBroker> {
  const peers: Peer[] = [];
  const server = createServer((socket) => {
    peers.push(new Peer(socket, (packet, peer) => broker.script(packet, peer)));
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  atEnd(() => {
    for (const peer of peers) peer.destroy();
    return new Promise<void>((closed) => server.close(() => closed()));
  });
  const broker: ScriptedBroker = {
    port: (server.address() as { port: number }).port,
    peers,
    script,
    peer: (index = 0) =>
      eventually(() => {
        const peer = peers[index];
        return peer !== undefined && peer.received.length > 0 ? peer : undefined;
      }),
  };
  return broker;
}
