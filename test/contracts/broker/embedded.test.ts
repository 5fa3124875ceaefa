import { describe } from 'vitest';
import { startEmbeddedBroker } from '../../../src/broker/embedded/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { mqttSessions } from './mqtt-sessions.ts';
import { publisherSuite } from './publisher-suite.ts';
import { sessionsSuite } from './sessions-suite.ts';
import { type BrokerUnderTest, subscriberSuite } from './subscriber-suite.ts';

const embedded: BrokerUnderTest = {
  protocol: 4,
  // aedes reuses packet ids, and can repeat or lose QoS 2 on reconnect.
  keepsQos2: false,
  start: async () => {
    const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
    atEnd(() => broker.close());
    return broker.port;
  },
};

describe('sessions over MQTT 3.1.1 to the embedded broker', () => sessionsSuite(mqttSessions(embedded)));
describe('subscriber over MQTT 3.1.1 to the embedded broker', () => subscriberSuite(embedded));
describe('publisher over MQTT 3.1.1 to the embedded broker', () => publisherSuite(embedded));
