import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../host/exit.ts';
import { HostError } from '../../src/errors.ts';
import { createMetrics, type MetricsSource, serveMetrics } from '../../src/telemetry/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { within } from '../support/eventually.ts';
import { fakeSource } from './fake-source.ts';
import { samplesOf } from './prometheus.ts';
import { SAMPLES } from './samples.ts';

async function start(source: MetricsSource = fakeSource(), host = '127.0.0.1') {
  const metrics = createMetrics({ app: 'shop' });
  const server = await serveMetrics({ host, port: 0 }, metrics, source);
  atEnd(() => server.close());
  return { server, metrics, url: server.url, port: Number(new URL(server.url).port) };
}

/** Everything that the server sends on one connection until it ends it. */
async function raw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  atEnd(() => socket.destroy());
  socket.write(request, 'latin1');
  return within(text(socket), 10_000, 'the end of the connection');
}

/** What the server holds for a client's connection, from the first request on. */
function serverSide(client: Socket): Promise<{ readonly server: Server; readonly socket: Socket }> {
  return new Promise((resolve) => {
    const started = (message: unknown) => {
      const { server, socket } = message as { server: Server; socket: Socket };
      if (socket.remotePort === client.localPort) resolve({ server, socket });
    };
    subscribe('http.server.request.start', started);
    atEnd(() => unsubscribe('http.server.request.start', started));
  });
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  atEnd(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe('/metrics', () => {
  it('is the page, counted up to now', async () => {
    const { url, metrics } = await start();
    metrics.report(SAMPLES.received);
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const samples = samplesOf(await response.text());
    expect(samples.get('host_messages_received_total{binding="b0",qos="1"}')).toBe(1);
    const lag = samples.get('nodejs_eventloop_lag_seconds');
    expect(lag).toBeGreaterThan(0);
    expect(lag).toBeLessThan(10);
  });

  it('takes a query, and has as many bytes as it says', async () => {
    const metrics = createMetrics({ app: 'café' });
    const server = await serveMetrics({ host: '127.0.0.1', port: 0 }, metrics, fakeSource());
    atEnd(() => server.close());
    const response = await fetch(`${server.url}/metrics?name=x`);
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.length).toBe(Number(response.headers.get('content-length')));
    expect(body.toString()).toContain('app="café"');
    expect(body.toString()).toMatch(/\n$/);
  });

  it('says so when the source cannot be read, and works again when it can', async () => {
    const source = fakeSource();
    let broken = true;
    const { url } = await start({
      ...source,
      journal() {
        if (broken) throw new Error('the journal\nis closed');
        return undefined;
      },
    });
    const response = await fetch(`${url}/metrics`);
    expect([response.status, await response.text()]).toEqual([503, 'cannot be read now: the journal\\nis closed\n']);
    broken = false;
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });
});

describe('/readyz', () => {
  it('is 200 or 503 with the reasons, as they change', async () => {
    const source = fakeSource({ ready: { ready: false, reasons: ['b0: no session', 'forged\nready'] } });
    const { url } = await start(source);
    const read = async () => {
      const response = await fetch(`${url}/readyz`);
      return [response.status, await response.text()];
    };
    expect(await read()).toEqual([503, 'not ready\nb0: no session\nforged\\nready\n']);
    source.values.ready = { ready: true, reasons: [] };
    expect(await read()).toEqual([200, 'ready\n']);
  });

  it('is 503 when the source cannot say', async () => {
    const { url } = await start({
      ...fakeSource(),
      ready: () => {
        throw new Error('gone');
      },
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });
});

describe('requests', () => {
  it('to /livez are answered while nothing is ready', async () => {
    const { url } = await start(fakeSource({ ready: { ready: false, reasons: ['x'] } }));
    const response = await fetch(`${url}/livez`);
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });

  it.each(['/', '/metrics/', '/Metrics', '//metrics', '/metrics%2f', '/livezz'])('to %s are 404', async (path) => {
    const { port } = await start();
    expect(await raw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('by %s are 405', async (method) => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics`, { method });
    await response.text();
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    ['/metrics', 200],
    ['/readyz', 503],
    ['/nowhere', 404],
  ])('by HEAD of %s have the same head and no body', async (path, status) => {
    const { port } = await start(fakeSource({ ready: { ready: false, reasons: ['x'] } }));
    const answer = await raw(port, `HEAD ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/^content-length: [1-9]/im);
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  it('with too large a head are refused', async () => {
    const { port, url } = await start();
    expect(await raw(port, `GET /livez HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(9_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('that are no HTTP, or are cut short, harm nothing', async () => {
    const { port, url } = await start();
    expect(await raw(port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    for (let i = 0; i < 20; i++) {
      const socket = await connected(port);
      socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
      socket.resetAndDestroy();
    }
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });
});

describe('connections', () => {
  it('that send no request, or read no answer, are ended', async () => {
    const { port } = await start();
    const silent = await connected(port);
    const half = await connected(port);
    half.write('GET /metrics HTTP/1.1\r\n');
    const unread = await connected(port);
    unread.on('error', () => {});
    const held = serverSide(unread);
    // More than what the kernel takes for a connection that nobody reads.
    unread.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(4_000));
    const { socket } = await held;
    const [first, second] = await within(
      Promise.all([text(silent), text(half), once(socket, 'close')]),
      15_000,
      'the end of the connections',
    );
    expect(first).toMatch(/^HTTP\/1\.1 408 /);
    expect(second).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that cannot be accepted harm no other', async () => {
    const { port, url } = await start();
    const socket = await connected(port);
    const held = serverSide(socket);
    socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    const { server } = await held;
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('are bounded in number', async () => {
    const { port } = await start();
    const sockets = await Promise.all(Array.from({ length: 64 }, () => connected(port)));
    const closed = (socket: Socket) => socket.closed || socket.readableEnded;
    const late = connect(port, '127.0.0.1');
    atEnd(() => late.destroy());
    late.resume();
    await within(once(late, 'close'), 5_000, 'the refusal of one connection more');
    expect(sockets.filter(closed)).toEqual([]);
  });

  it('that are kept alive, idle or in a request do not hold up close', async () => {
    const { server, url, port } = await start();
    const agent = new Agent({ keepAlive: true });
    atEnd(() => agent.destroy());
    const kept = await new Promise<Socket>((resolve, reject) => {
      get(`${url}/livez`, { agent }, (response) => {
        const { socket } = response;
        response.resume().on('end', () => resolve(socket));
      }).on('error', reject);
    });
    const idle = await connected(port);
    const half = await connected(port);
    half.write('GET /metrics HTTP/1.1\r\n');
    // Connections are accepted in order: when this one is, the others have been.
    await (await fetch(`${url}/livez`)).text();
    expect(kept.destroyed).toBe(false);
    const ends = [kept, idle, half].map((socket) => {
      socket.on('error', () => {}).resume();
      return new Promise((resolve) => socket.once('close', resolve));
    });
    // Less than any time-out of the server.
    await within(Promise.all([server.close(), server.close(), ...ends]), 2_000, 'close');
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });
});

describe('the address', () => {
  it('may be IPv6', async () => {
    const { url } = await start(fakeSource(), '::1');
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('that is taken is an error that says what to do, and ends the host with 1', async () => {
    const taken = createServer();
    atEnd(() => taken.close());
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port } = taken.address() as AddressInfo;
    const error = await serveMetrics({ host: '127.0.0.1', port }, createMetrics({ app: 'x' }), fakeSource()).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({
      code: 'ERR_TELEMETRY_HTTP',
      message: `[telemetry] http: cannot listen on 127.0.0.1:${port}: something else listens there already; end it, or choose another port`,
    });
    expect(exitCodeOf(error)).toBe(1);
  });

  it('that is not of this machine is an error that says so', async () => {
    await expect(
      serveMetrics({ host: '192.0.2.1', port: 9_464 }, createMetrics({ app: 'x' }), fakeSource()),
    ).rejects.toThrow('cannot listen on 192.0.2.1:9464: this machine has no such address');
  });
});
