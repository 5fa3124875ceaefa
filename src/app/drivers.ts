import { guardDriver, mqttBroker } from '../broker/index.ts';
import type { Broker, Driver } from '../broker.ts';
import { type DriverInfo, MQTT_DRIVER } from '../config/index.ts';
import { HostError } from '../errors.ts';
import type { HostStatus } from '../status.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

function usage(text: string): HostError {
  return new HostError('ERR_USAGE', `drivers: ${text}`);
}

/**
 * Whether these drivers can be told apart and named in a configuration.
 * @throws HostError ERR_USAGE
 */
export function checkDrivers(drivers: readonly Driver[]): void {
  const seen = new Set<string>();
  for (const { name, schemes, openSubscriber, openPublisher } of drivers) {
    if (!NAME.test(name))
      throw usage(`expected a name of small letters, digits and "-" (configured as pubsub.<name>), found "${name}"`);
    if (seen.has(name)) throw usage(`expected a different name for each driver, found "${name}" again`);
    seen.add(name);
    const wrong = schemes.length === 0 ? 'none' : schemes.find((scheme) => !SCHEME.test(scheme));
    if (wrong !== undefined)
      throw usage(`pubsub.${name}: expected url schemes in small letters, without ":", found "${wrong}"`);
    if (typeof openSubscriber !== 'function' || typeof openPublisher !== 'function')
      throw usage(`pubsub.${name}: expected the functions openSubscriber and openPublisher, found one missing`);
  }
}

/** The drivers of one host by name: MQTT's, and those given through the library, which are watched for mistakes. */
export class Drivers {
  readonly #brokers = new Map<string, Broker>();
  /** What the configuration has to know of them. */
  readonly infos: readonly DriverInfo[];

  /** @throws HostError ERR_USAGE */
  constructor(given: readonly Driver[], report: (status: HostStatus) => void) {
    checkDrivers(given);
    const ownsMqtt = given.some(({ name }) => name === MQTT_DRIVER.name);
    this.infos = ownsMqtt ? given : [MQTT_DRIVER, ...given];
    if (!ownsMqtt) this.#brokers.set(MQTT_DRIVER.name, mqttBroker({ report }));
    for (const driver of given) this.#brokers.set(driver.name, guardDriver(driver, report));
  }

  /** @throws HostError ERR_USAGE where there is none of that name */
  for(name: string): Broker {
    const broker = this.#brokers.get(name);
    if (broker !== undefined) return broker;
    const text = `the configuration was read with a driver "${name}", expected it among those given to createHost too`;
    throw usage(text);
  }
}
