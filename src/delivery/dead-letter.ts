import type { BindingConfig } from '../config/model.ts';
import type { DeadLetter, OutgoingEvent } from '../journal.ts';
import type { Arrival } from './arrival.ts';

const MAX_ERROR = 4_096;
/** What an MQTT string or a CloudEvents attribute must not hold. */
const DISALLOWED = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** The dead letter of a message whose last attempt has just failed. */
export function deadLetterOf(binding: string, arrival: Arrival, error: string, deadAt: number): DeadLetter {
  const { content, event, raw, attempts, firstAt } = arrival;
  const { topic, qos, retained, properties } = content;
  return { binding, topic, qos, retained, raw, event, properties, error, attempts: attempts + 1, firstAt, deadAt };
}

/**
 * What is published to the binding's `dead_letter`: the original event, with topic, error, attempts and times as
 * extension attributes, so that it is a CloudEvent whatever the binding's `format` (DELIVERY, "Redelivery").
 */
export function deadLetterEvent(binding: BindingConfig, topic: string, letter: DeadLetter): OutgoingEvent {
  const text = (value: string) => value.slice(0, MAX_ERROR).replace(DISALLOWED, '\u{FFFD}');
  const attributes = {
    ...letter.event.attributes,
    deadlettertopic: text(letter.topic),
    deadlettererror: text(letter.error),
    deadletterattempts: letter.attempts,
    deadletterfirstat: new Date(letter.firstAt).toISOString(),
    deadletterat: new Date(letter.deadAt).toISOString(),
  };
  return {
    topic,
    qos: binding.qos,
    retain: false,
    format: binding.format === 'raw' ? 'cloudevents' : binding.format,
    event: { ...letter.event, attributes },
    properties: { userProperties: [] },
  };
}
