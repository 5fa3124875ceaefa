import { connect } from 'node:net';
import {
  type BrokerAddress,
  type EmbeddedBroker,
  type HostConfig,
  HostError,
  isLoopback,
  startEmbeddedBroker,
} from '../../src/cli.ts';

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
function localAddresses(config: HostConfig): readonly (BrokerAddress & { readonly protocol: 'mqtt' | 'ws' })[] {
  const all = config.bindings.flatMap((binding) => binding.connection.addresses);
  return all.map((address) => {
    const { protocol } = address;
    if ((protocol === 'mqtt' || protocol === 'ws') && isLoopback(address.host)) return { ...address, protocol };
    const text = `--with-broker: the embedded broker stands in for tcp, mqtt and ws urls on loopback only, found "${address.display}" in ${config.file}`;
    throw new HostError('ERR_USAGE', text);
  });
}

/** Starts the embedded broker for each url on loopback where nothing listens. */
export async function startBrokersFor(
  config: HostConfig,
  log: (text: string) => void,
): Promise<readonly EmbeddedBroker[]> {
  const started = new Map<string, EmbeddedBroker>();
  for (const { protocol, host, port, path, display } of localAddresses(config)) {
    if (started.has(display) || (await listens(host, port))) continue;
    const listen = { host, port, protocol: protocol === 'ws' ? 'ws' : 'tcp', path, log } as const;
    started.set(display, await startEmbeddedBroker(listen));
  }
  return [...started.values()];
}
