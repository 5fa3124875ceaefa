/** Content types as CloudEvents looks at them. */

const CLOUDEVENTS = /^\s*application\/cloudevents/i;
const EVENT = /^\s*application\/cloudevents\+json\s*(?:;|$)/i;
const BATCH = /^\s*application\/cloudevents-batch/i;
const JSON_TYPE = /^\s*[^/;\s]+\/(?:[^/;\s]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

export const STRUCTURED_CONTENT_TYPE = 'application/cloudevents+json';

/** Whether receivers take a message of this content type for structured or batched mode (MQTT binding 1.0.2, 3). */
export function announcesCloudEvents(contentType: string): boolean {
  return CLOUDEVENTS.test(contentType);
}

/** Whether the payload is one event in the JSON format, in an encoding that JSON may have (RFC 8259, 8.1). */
export function isStructuredEvent(contentType: string): boolean {
  if (!EVENT.test(contentType)) return false;
  const charset = CHARSET.exec(contentType)?.[1]?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

export function isBatch(contentType: string): boolean {
  return BATCH.test(contentType);
}

/** Whether data of this content type is JSON: subtype `json` or suffix `+json` (JSON format 1.0.2, 3.1). */
export function isJson(contentType: string): boolean {
  return JSON_TYPE.test(contentType);
}
