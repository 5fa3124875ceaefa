import type { AttributeValue, CountedId, MqttVersion, PubsubEvent, WireMessage } from '../types.ts';
import { isAttributeName, isAttributeText, isKnownAttributeText } from './attributes.ts';
import { textOfId } from './counted-id.ts';
import { announcesCloudEvents, isBatch, isStructuredEvent } from './media-type.ts';
import { topicReference } from './source.ts';
import { decodeStructured, mayBeStructured } from './structured.ts';

export interface DecodedEvent {
  readonly event: PubsubEvent;
  /** The message was no CloudEvent, or a malformed one, or a batch. */
  readonly raw: boolean;
  /** Of a raw one: its id, where that was counted. */
  readonly counted?: CountedId | undefined;
}

const SPECVERSION = '1.0';

/** Collects the attributes of a message in binary mode; one that is given twice has no value. */
class BinaryAttributes {
  specversion: string | undefined;
  id: string | undefined;
  source: string | undefined;
  type: string | undefined;
  others: Record<string, AttributeValue> | undefined;

  /** False when the message cannot be a valid event. User properties that no attribute can be called are let pass. */
  add(name: string, value: string): boolean {
    // Each for itself: a property that is looked up by a text that came with a message has its text looked up first.
    switch (name) {
      case 'specversion':
        if (this.specversion !== undefined) return false;
        this.specversion = value;
        return value === SPECVERSION;
      case 'id':
        if (this.id !== undefined) return false;
        this.id = value;
        return value !== '' && isAttributeText(value);
      case 'source':
        if (this.source !== undefined) return false;
        this.source = value;
        return isRequired(value);
      case 'type':
        if (this.type !== undefined) return false;
        this.type = value;
        return isRequired(value);
      default:
        return this.#addOther(name, value);
    }
  }

  #addOther(name: string, value: string): boolean {
    if (!isAttributeName(name)) return true;
    if (!isAttributeText(value)) return false;
    if (this.others === undefined) this.others = {};
    else if (Object.hasOwn(this.others, name)) return false;
    this.others[name] = value;
    return true;
  }
}

function isRequired(value: string): boolean {
  return value !== '' && isKnownAttributeText(value);
}

/** Binary mode (MQTT binding 1.0.2, 3.1): attributes as user properties, datacontenttype as the content type. */
function decodeBinary(message: WireMessage): PubsubEvent | undefined {
  const { userProperties, contentType } = message.properties;
  if (userProperties.length < 4) return undefined;
  const found = new BinaryAttributes();
  for (const [name, value] of userProperties) if (!found.add(name, value)) return undefined;
  const { specversion, id, source, type, others } = found;
  if (specversion === undefined || id === undefined || source === undefined || type === undefined) return undefined;
  if (!contentType) return { id, source, type, data: message.payload, attributes: others };
  if (!isKnownAttributeText(contentType)) return undefined;
  const attributes = others ?? {};
  attributes.datacontenttype = contentType;
  return { id, source, type, data: message.payload, attributes };
}

function decodeVersion5(message: WireMessage): PubsubEvent | undefined {
  const { contentType } = message.properties;
  if (contentType === undefined || !announcesCloudEvents(contentType)) return decodeBinary(message);
  if (isStructuredEvent(contentType)) return decodeStructured(message.payload);
  return isBatch(contentType) ? undefined : decodeBinary(message);
}

/** A message that is no CloudEvent as an event of its own; its content type is kept where it describes the payload. */
function rawEvent(message: WireMessage, id: string): PubsubEvent {
  const { contentType } = message.properties;
  const describes = contentType && !announcesCloudEvents(contentType) && isAttributeText(contentType);
  return {
    id,
    source: topicReference(message.topic),
    type: 'mqtt.message',
    data: message.payload,
    attributes: describes ? { datacontenttype: contentType } : undefined,
  };
}

/**
 * The event that a message carries. On MQTT 5 the content type or the user properties tell (MQTT binding 1.0.2, 3); on
 * 3.1.1, which has neither, a JSON object with specversion, id, source and type is an event. Anything else is raw: the
 * payload byte for byte, with the id that `freshId` gives and the topic as its source. Never throws.
 */
export function decodeEvent(
  message: WireMessage,
  protocol: MqttVersion,
  freshId: () => CountedId | string,
): DecodedEvent {
  let event: PubsubEvent | undefined;
  if (protocol === 5) event = decodeVersion5(message);
  else if (mayBeStructured(message.payload)) event = decodeStructured(message.payload);
  if (event !== undefined) return { event, raw: false };
  const id = freshId();
  if (typeof id === 'string') return { event: rawEvent(message, id), raw: true };
  return { event: rawEvent(message, textOfId(id)), raw: true, counted: id };
}
