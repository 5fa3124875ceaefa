import { jvmBroker } from './jvm.ts';

export const artemis = jvmBroker('artemis', {
  key: 'artemis-2.42.0',
  label: 'Artemis 2.42.0',
  from: 'Maven, `org.apache.activemq:artemis-mqtt-protocol`',
  protocols: [5, 4],
  keepsQos2: true,
});
