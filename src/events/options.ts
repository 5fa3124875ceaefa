import type { PublishOptions } from '../guest.ts';
import { topicFault } from '../topics.ts';
import type { MqttVersion } from '../types.ts';
import { isAttributeName, isDefinedName, textFault } from './attributes.ts';

/** How an event is laid out on the wire (MQTT binding 1.0.2, 3), or that its data travels alone. */
export type ContentMode = 'binary' | 'structured' | 'raw';

const MAX_BINARY = 65_535;

/** Names of what the options ask for and MQTT 3.1.1, or this mode on it, has no place for. */
function unsupported(options: PublishOptions, mode: ContentMode): string[] {
  const names: string[] = [];
  if (options.expiry !== undefined) names.push('expiry');
  if (options.responseTopic !== undefined) names.push('response-topic');
  if (options.correlationData !== undefined) names.push('correlation-data');
  if (options.userProperties.length > 0) names.push('user-properties');
  if (options.contentType !== undefined && mode === 'raw') names.push('content-type');
  return names;
}

/** In binary mode user properties are attributes: they may add extensions, once each, and change nothing. */
function collision(names: readonly string[], kept: object | undefined): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (isDefinedName(name) || (kept !== undefined && Object.hasOwn(kept, name)))
      return `the user property ${JSON.stringify(name)} is already taken by the event's CloudEvents attribute; choose another name`;
    if (isAttributeName(name) && seen.has(name))
      return `the user property ${JSON.stringify(name)} is given twice, but it is a CloudEvents attribute here, which has one value`;
    seen.add(name);
  }
  return undefined;
}

function version5Fault(options: PublishOptions): string | undefined {
  // MQTT does not say what 0 means: Mosquitto takes it for no expiry at all.
  if (options.expiry === 0) return 'the expiry must be at least 1 second';
  const { contentType, correlationData, responseTopic, userProperties } = options;
  const topic = responseTopic === undefined ? undefined : (topicFault(responseTopic) ?? textFault(responseTopic));
  if (topic !== undefined) return `the response topic: ${topic}`;
  const type = contentType === undefined ? undefined : textFault(contentType);
  if (type !== undefined) return `the content type ${type}`;
  if (correlationData !== undefined && correlationData.length > MAX_BINARY)
    return `the correlation data must not be longer than ${MAX_BINARY} bytes`;
  for (const [name, value] of userProperties) {
    const fault = textFault(name) ?? textFault(value);
    if (fault !== undefined) return `a user property ${fault}`;
  }
  return undefined;
}

/**
 * Why the options of a publish cannot be honoured, or undefined when they can. `kept` are the attributes that the
 * event has beside the required ones. What the protocol cannot carry is refused, never dropped.
 */
export function optionsFault(
  options: PublishOptions,
  protocol: MqttVersion,
  mode: ContentMode,
  kept: object | undefined,
): string | undefined {
  if (options.contentType === '' && mode !== 'raw') return 'the content type must not be empty';
  if (protocol !== 5) {
    const names = unsupported(options, mode);
    if (names.length > 0)
      return `the broker speaks MQTT 3.1.1, which cannot carry ${names.join(', ')}; publish without, or use a broker with MQTT 5`;
  }
  const fault = version5Fault(options);
  if (fault !== undefined || mode !== 'binary') return fault;
  return collision(
    options.userProperties.map(([name]) => name),
    kept,
  );
}
