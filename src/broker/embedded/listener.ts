import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'ws';
  readonly path?: string | undefined;
}

export interface Listener {
  readonly port: number;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** The subprotocol that an MQTT client asks for [MQTT-6.0.0-3]; 3.1 clients ask for `mqttv3.1`. */
function chooseSubprotocol(offered: Set<string>): string | false {
  return ['mqtt', 'mqttv3.1'].find((name) => offered.has(name)) ?? false;
}

function webSocketServer(
  path: string | undefined,
  connected: (stream: Duplex, request: IncomingMessage) => void,
): Server {
  const http = createHttpServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('MQTT over WebSocket only\n');
  });
  const sockets = new WebSocketServer({
    server: http,
    ...(path === undefined || path === '' ? {} : { path }),
    perMessageDeflate: false,
    handleProtocols: chooseSubprotocol,
  });
  sockets.on('connection', (socket, request) => connected(createWebSocketStream(socket), request));
  // What goes wrong with the http server is reported by itself; ws repeats it here.
  sockets.on('error', () => {});
  return http;
}

/** Rejects with the system's error when it cannot listen. */
export async function listen(
  options: ListenOptions,
  connected: (stream: Duplex, request?: IncomingMessage) => void,
): Promise<Listener> {
  const server = options.protocol === 'ws' ? webSocketServer(options.path, connected) : createServer(connected);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    // Nagle's algorithm would hold acknowledgements back on an idle link.
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
