import { describe } from 'vitest';
import { protocolLabel } from '../../support/broker-sessions.ts';
import { describeWithMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { mqttSessions } from './mqtt-sessions.ts';
import { publisherSuite } from './publisher-suite.ts';
import { sessionsSuite } from './sessions-suite.ts';
import { type BrokerUnderTest, subscriberSuite } from './subscriber-suite.ts';

describeWithMosquitto('Mosquitto', () => {
  for (const protocol of [5, 4] as const) {
    const mosquitto: BrokerUnderTest = {
      protocol,
      keepsQos2: true,
      start: async () => (await startMosquitto()).port,
    };
    describe(`sessions over ${protocolLabel(protocol)}`, () => sessionsSuite(mqttSessions(mosquitto)));
    describe(`subscriber over ${protocolLabel(protocol)}`, () => subscriberSuite(mosquitto));
    describe(`publisher over ${protocolLabel(protocol)}`, () => publisherSuite(mosquitto));
  }
});
