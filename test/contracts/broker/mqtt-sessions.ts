import type { MqttVersion } from '../../../src/types.ts';
import { connectionTo, testBroker } from '../../support/broker-sessions.ts';
import { collect, connectClient, publish } from '../../support/mqtt-client.ts';
import type { SessionsUnderTest } from './sessions-suite.ts';
import type { BrokerUnderTest } from './subscriber-suite.ts';

/** The MQTT driver at a broker, for the suite that knows nothing of MQTT. */
export function mqttSessions({ protocol, start, keepsQos2 }: BrokerUnderTest): SessionsUnderTest {
  return {
    broker: testBroker().broker,
    protocol,
    qualities: [0, 1, 2],
    keepsQos2,
    start: async () => {
      const port = await start();
      const client = await connectClient(`mqtt://127.0.0.1:${port}`, { protocolVersion: protocol as MqttVersion });
      return {
        connection: connectionTo(port, { protocol }),
        publish: (topic, text, settings) => publish(client, topic, text, settings),
        collect: (filter, qos) => collect(client, filter, { qos }),
      };
    },
  };
}
