import { connect, createServer, type Server, type Socket } from 'node:net';

/** MQTT 5's reason code "unsupported protocol version", or 3.1.1's return code for the same. */
export type VersionRefusal = 0x84 | 0x01;

const CONNACK: Readonly<Record<VersionRefusal, Buffer>> = {
  132: Buffer.from([0x20, 3, 0, 0x84, 0]),
  1: Buffer.from([0x20, 2, 0, 0x01]),
};

/** Protocol level of a CONNECT [MQTT 5, 3.1.2.2], or undefined while too little of it has come. */
function protocolLevel(bytes: Buffer): number | undefined {
  let at = 1;
  while (((bytes[at] ?? 0) & 0x80) !== 0) at++;
  const name = at + 1;
  if (bytes.length < name + 2) return undefined;
  return bytes[name + 2 + bytes.readUInt16BE(name)];
}

export interface VersionGate {
  close(): Promise<void>;
}

/** Listens on `port` for a broker that itself listens on `brokerPort`, and refuses MQTT 5 in its place. */
export async function startVersionGate(
  port: number,
  brokerPort: number,
  refusal: VersionRefusal,
): Promise<VersionGate> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server: Server = createServer((client) => {
    track(client);
    let seen = Buffer.alloc(0);
    const look = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const level = protocolLevel(seen);
      if (level === undefined) return;
      client.off('data', look);
      if (level >= 5) {
        client.end(CONNACK[refusal]);
        return;
      }
      client.pause();
      const broker = connect(brokerPort, '127.0.0.1');
      track(broker);
      broker.write(seen);
      client.pipe(broker).pipe(client);
      client.on('close', () => broker.destroy());
      broker.on('close', () => client.destroy());
    };
    client.on('data', look);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
