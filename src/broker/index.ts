export type { EmbeddedBroker, EmbeddedBrokerOptions } from './embedded/index.ts';
export { guardDriver } from './guarded/driver.ts';
export { type MqttBrokerOptions, mqttBroker } from './mqtt/driver.ts';
export { startEmbeddedBroker } from './start-embedded.ts';
