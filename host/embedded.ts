import { type BrokerAddress, type EmbeddedBroker, isLoopback, startEmbeddedBroker } from '../src/cli.ts';

/** Whether the embedded broker can listen there: tcp, mqtt and ws on loopback. */
export function isEmbeddable({ protocol, host }: BrokerAddress): boolean {
  return (protocol === 'mqtt' || protocol === 'ws') && isLoopback(host);
}

/** @throws HostError ERR_BROKER_EMBEDDED */
export function listenAt(address: BrokerAddress, log: (text: string) => void): Promise<EmbeddedBroker> {
  const { host, port, protocol, path } = address;
  return startEmbeddedBroker({ host, port, protocol: protocol === 'ws' ? 'ws' : 'tcp', path, log });
}
