import { describe } from 'vitest';
import { mqttSessions } from '../../contracts/broker/mqtt-sessions.ts';
import { publisherSuite } from '../../contracts/broker/publisher-suite.ts';
import { sessionsSuite } from '../../contracts/broker/sessions-suite.ts';
import { type BrokerUnderTest, subscriberSuite } from '../../contracts/broker/subscriber-suite.ts';
import { protocolLabel } from '../../support/broker-sessions.ts';
import { broker } from './broker.ts';

const { keepsQos2, protocols } = broker;

/** One for all suites: some take half a minute to start. */
let started: Promise<number> | undefined;
const start = () => {
  started ??= broker.start().then(({ port }) => port);
  return started;
};

for (const protocol of protocols) {
  const underTest: BrokerUnderTest = { protocol, keepsQos2, start };
  describe(protocolLabel(protocol), () => {
    describe('sessions', () => sessionsSuite(mqttSessions(underTest)));
    describe('subscriber', () => subscriberSuite(underTest));
    describe('publisher', () => publisherSuite(underTest));
  });
}
