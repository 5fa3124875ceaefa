import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostError, messageOf } from '../errors.ts';
import { escapeUnsafe } from './clean.ts';
import { CONTENT_TYPE } from './exposition.ts';
import type { Metrics } from './metrics.ts';
import type { MetricsSource } from './source.ts';

// An import reads every export, and so loads Node's WebSocket and fetch: ten times as much as the rest of it.
const { createServer } = process.getBuiltinModule('node:http');

/** Sizes in bytes, times in milliseconds. Scrapers and probes need far less than this. */
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 3_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
};
const MAX_CONNECTIONS = 64;
/** How long a client may leave its answer unread; Node grants twice that where part of it was read. */
const IDLE_TIMEOUT = 5_000;

export interface MetricsServer {
  /** Without a path, with the port that it listens on. */
  readonly url: string;
  /** Stops listening and ends every connection. May be called more than once. */
  close(): Promise<void>;
}

interface Address {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly allow?: string;
  readonly body: string;
}

const CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there already; end it, or choose another port',
  EACCES: 'this user may not listen there; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose 127.0.0.1 or another of its own',
  ENOTFOUND: 'this machine has no such address; choose 127.0.0.1 or another of its own',
};

const authorityOf = (host: string, port: number) => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function cannotListen({ host, port }: Address, error: unknown): HostError {
  const cause = CAUSES[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
  const message = `[telemetry] http: cannot listen on ${authorityOf(host, port)}: ${cause}`;
  return new HostError('ERR_TELEMETRY_HTTP', message, { cause: error });
}

function readiness(source: MetricsSource): Answer {
  const { ready, reasons } = source.ready();
  if (ready) return { status: 200, body: 'ready\n' };
  return { status: 503, body: ['not ready', ...reasons.map(escapeUnsafe), ''].join('\n') };
}

/** The time that the loop takes to come round to what waits for it, in seconds. */
function eventLoopLag(): Promise<number> {
  const started = performance.now();
  return new Promise((resolve) => setImmediate(() => resolve((performance.now() - started) / 1_000)));
}

async function answer(request: IncomingMessage, metrics: Metrics, source: MetricsSource): Promise<Answer> {
  const [path] = (request.url ?? '').split('?', 1);
  if (path !== '/metrics' && path !== '/livez' && path !== '/readyz') {
    return { status: 404, body: 'not found: here are /metrics, /livez and /readyz\n' };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, allow: 'GET, HEAD', body: 'only GET and HEAD\n' };
  }
  if (path === '/livez') return { status: 200, body: 'ok\n' };
  if (path === '/readyz') return readiness(source);
  return { status: 200, type: CONTENT_TYPE, body: metrics.render(source, await eventLoopLag()) };
}

function send(response: ServerResponse, { status, type = 'text/plain; charset=utf-8', allow, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(allow === undefined ? {} : { allow }),
  });
  response.end(body);
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  source: MetricsSource,
): Promise<void> {
  let found: Answer;
  try {
    found = await answer(request, metrics, source);
  } catch (error) {
    // What cannot be read is not ready either: 503 serves both pages.
    found = { status: 503, body: `cannot be read now: ${escapeUnsafe(messageOf(error))}\n` };
  }
  send(response, found);
}

async function listen(server: Server, address: Address): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // Accepting fails while the process has no file descriptor left; the next connection may do better.
  server.on('error', () => {});
  return (server.address() as AddressInfo).port;
}

/**
 * Serves `/metrics` for Prometheus; `/livez`, which answers while the event loop turns; and `/readyz`: 200, or 503 with
 * a line for each reason. Whoever reaches the address may read them. Nothing that a client does, and no error of the
 * source, reaches the caller.
 *
 * @throws HostError ERR_TELEMETRY_HTTP when it cannot listen there.
 */
export async function serveMetrics(address: Address, metrics: Metrics, source: MetricsSource): Promise<MetricsServer> {
  const server = createServer(LIMITS, (request, response) => void respond(request, response, metrics, source));
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = IDLE_TIMEOUT;
  let port: number;
  try {
    port = await listen(server, address);
  } catch (error) {
    throw cannotListen(address, error);
  }
  let closed: Promise<void> | undefined;
  return {
    url: `http://${authorityOf(address.host, port)}`,
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}
