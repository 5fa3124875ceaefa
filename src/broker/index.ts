export type { EmbeddedBroker } from './embedded/index.ts';
export { type MqttBrokerOptions, mqttBroker } from './mqtt/driver.ts';
export { startEmbeddedBroker } from './start-embedded.ts';
