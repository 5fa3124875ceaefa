export { type EmbeddedBroker, startEmbeddedBroker } from './embedded/index.ts';
export { type MqttBrokerOptions, mqttBroker } from './mqtt/driver.ts';
