import type { BrokerAddress, MqttVersion } from '../../../types.ts';

const keyOf = ({ protocol, host, port, path }: BrokerAddress) => `${protocol}//${host}:${port}${path}`;

/** Which brokers refused MQTT 5, remembered while the process lives (DESIGN, `protocol`). */
export class ProtocolMemory {
  readonly #only311 = new Set<string>();

  remember(address: BrokerAddress): void {
    this.#only311.add(keyOf(address));
  }

  versionFor(address: BrokerAddress, wanted: MqttVersion): MqttVersion {
    return this.#only311.has(keyOf(address)) ? 4 : wanted;
  }
}
