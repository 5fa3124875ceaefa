import type { MqttClient } from 'mqtt';
import { type PublishSettings, publish } from '../../support/mqtt-client.ts';

/** A CloudEvent with JSON data, as a producer sends it. */
export interface EventToSend {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** None where it is left out. */
  readonly data?: unknown;
  /** Further context attributes, such as `subject`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Sends it as the client's protocol has it: binary mode on MQTT 5, structured on 3.1.1. */
export async function sendEvent(
  client: MqttClient,
  topic: string,
  { data, attributes, ...event }: EventToSend,
  settings: PublishSettings = {},
): Promise<void> {
  const context = { specversion: '1.0', ...event, ...attributes };
  if (client.options.protocolVersion !== 5) {
    const whole = JSON.stringify({ ...context, datacontenttype: 'application/json', data });
    return publish(client, topic, whole, settings);
  }
  const properties = { contentType: 'application/json', userProperties: context };
  const payload = data === undefined ? '' : JSON.stringify(data);
  await publish(client, topic, payload, { ...settings, properties });
}
