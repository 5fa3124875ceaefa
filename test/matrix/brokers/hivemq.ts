import { jvmBroker } from './jvm.ts';

export const hivemq = jvmBroker('hivemq', {
  key: 'hivemq-2025.5',
  label: 'HiveMQ CE 2025.5',
  from: 'Maven, `com.hivemq:hivemq-community-edition-embedded`',
  protocols: [5, 4],
  keepsQos2: true,
});
