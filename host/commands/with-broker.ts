import { connect } from 'node:net';
import { type BrokerAddress, type EmbeddedBroker, type HostConfig, HostError } from '../../src/cli.ts';
import { isEmbeddable, listenAt } from '../embedded.ts';

const PROBE_TIMEOUT = 1_000;

function listens(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  socket.setTimeout(PROBE_TIMEOUT, () => resolve(true));
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** The addresses that an embedded broker can stand in for. @throws HostError ERR_USAGE for any other */
function localAddresses(config: HostConfig): readonly BrokerAddress[] {
  const all = config.bindings.flatMap((binding) => binding.connection.addresses);
  const foreign = all.find((address) => !isEmbeddable(address));
  if (foreign === undefined) return all;
  const text = `--with-broker: the embedded broker stands in for tcp, mqtt and ws urls on loopback only, found "${foreign.display}" in ${config.file}`;
  throw new HostError('ERR_USAGE', text);
}

/** Starts the embedded broker for each url on loopback where nothing listens. */
export async function startBrokersFor(
  config: HostConfig,
  log: (text: string) => void,
): Promise<readonly EmbeddedBroker[]> {
  const started = new Map<string, EmbeddedBroker>();
  for (const address of localAddresses(config)) {
    const { host, port, display } = address;
    if (started.has(display) || (await listens(host, port))) continue;
    started.set(display, await listenAt(address, log));
  }
  return [...started.values()];
}
