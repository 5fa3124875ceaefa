import { artemis } from './artemis.ts';
import { embedded } from './embedded.ts';
import { hivemq } from './hivemq.ts';
import { mochi } from './mochi.ts';
import { mosquitto2011, mosquitto2021 } from './mosquitto.ts';
import type { MatrixBroker } from './types.ts';

export type { MatrixBroker } from './types.ts';

/** In the order of the table. */
export const brokers: readonly MatrixBroker[] = [mosquitto2021, mosquitto2011, hivemq, mochi, artemis, embedded];

export function brokerNamed(key: string): MatrixBroker {
  const found = brokers.find((broker) => broker.key === key);
  if (found === undefined)
    throw new Error(`no broker "${key}"; there are: ${brokers.map((one) => one.key).join(', ')}`);
  return found;
}
