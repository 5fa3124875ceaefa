import { HostError, messageOf } from '../../errors.ts';
import { createAedes } from './broker.ts';
import { type Listener, type ListenOptions, listen } from './listener.ts';
import { withWholeReads } from './whole-reads.ts';

/** Where the embedded broker listens. */
export interface EmbeddedBrokerOptions {
  /** Address to listen on. Anyone who reaches it may connect: meant for loopback. */
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly protocol: 'tcp' | 'ws';
  /** Path of the WebSocket, with its leading slash; any path when it is not given. */
  readonly path?: string | undefined;
  /** Told of refused connections, clients cut off, and messages dropped at a limit. */
  readonly log?: ((text: string) => void) | undefined;
}

/** `await using` closes it. */
export interface EmbeddedBroker extends AsyncDisposable {
  readonly host: string;
  /** The one that it listens on, never 0. */
  readonly port: number;
  readonly url: string;
  /** Ends every connection at once, and all sessions with them. May be called more than once. */
  close(): Promise<void>;
}

const CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there already; end it, or choose another port',
  EACCES: 'this user may not listen there; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose 127.0.0.1 or another of its own',
  ENOTFOUND: 'this machine has no such address; choose 127.0.0.1 or another of its own',
};

function urlOf({ host, protocol, path }: ListenOptions, port: number): string {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return protocol === 'ws' ? `ws://${authority}${path ?? ''}` : `mqtt://${authority}`;
}

function cannotListen(options: ListenOptions, error: unknown): HostError {
  const cause = CAUSES[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
  const message = `the embedded broker cannot listen on ${urlOf(options, options.port)}: ${cause}`;
  return new HostError('ERR_BROKER_EMBEDDED', message, { cause: error });
}

/**
 * Starts an MQTT 3.1.1 broker in this process, for development and tests.
 *
 * It carries QoS 0, 1 and 2, retained messages, wills, persistent sessions, and shared subscriptions (`$share`), which
 * 3.1.1 itself does not have. What it does not do:
 * - MQTT 5: a CONNECT of that version is refused with code 0x01, whereupon clients may try 3.1.1 [MQTT-3.1.2-2].
 * - Durability: sessions, queued and retained messages are in memory and end with it.
 * - Users, passwords and TLS: whoever reaches its address may do anything but publish to topics that start with `$`.
 * - Every guarantee across a lost connection: PUBACK is sent before a message is handed on, retained messages that a
 *   SUBSCRIBE brings are not sent again, and QoS 2 may repeat or lose a message. Where that matters use a real broker.
 * - Queues for connected clients: one that does not read holds back whoever publishes to it.
 *
 * Memory is bounded: a persistent session keeps at most 65,000 unacknowledged messages or 256 MiB, after which new ones
 * are dropped; 100,000 topics have a retained message; past 10,000 sessions the one away longest is ended.
 *
 * @throws HostError ERR_BROKER_EMBEDDED when it cannot listen there.
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const aedes = await createAedes(options.log ?? (() => {}));
  const closeAedes = () => new Promise<void>((resolve) => aedes.close(resolve));
  let listener: Listener;
  try {
    listener = await listen(options, (stream, request) => aedes.handle(withWholeReads(stream), request));
  } catch (error) {
    await closeAedes();
    throw cannotListen(options, error);
  }
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= Promise.all([closeAedes(), listener.close()]).then(() => {});
    return closed;
  };
  return {
    host: options.host,
    port: listener.port,
    url: urlOf(options, listener.port),
    close,
    [Symbol.asyncDispose]: close,
  };
}
