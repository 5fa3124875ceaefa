import { current } from 'host:pubsub/delivery@0.1.0';
import { publishWith } from 'host:pubsub/publisher@0.1.0';
import { publish } from 'wasi:pubsub/data-basic@0.1.0';
import type { Event, Error as PubsubError } from 'wasi:pubsub/types@0.1.0';
import { convert } from './convert.ts';
import { type Fields, fieldsOf, requestOf } from './request.ts';

/** After so many seconds nobody waits for the answer any more, so a broker need not keep it. */
const EXPIRY = 60;

const encoder = new TextEncoder();

/** Called once for each request on `requests/<name>`. */
function onMessage(request: Event): void {
  const fields = fieldsOf(request.data);
  const answer = answerTo(fields);
  send(fields, {
    // The same request always makes the same answer, so a repeated one can be told.
    id: `${request.id}-answer`,
    source: '/request-responder',
    type: 'error' in answer ? 'com.example.conversion.refused' : 'com.example.conversion.done',
    data: encoder.encode(JSON.stringify(answer)),
  });
}

/** The requester waits: what it got wrong is an answer, too. */
function answerTo(fields: Fields | undefined): object {
  try {
    const { value, from, to } = requestOf(fields);
    return { value: convert(value, from, to), unit: to, requestId: fields?.requestId };
  } catch (thrown) {
    return { error: (thrown as Error).message, requestId: fields?.requestId };
  }
}

function send(fields: Fields | undefined, answer: Event): void {
  const { responseTopic, correlationData } = current() ?? {};
  // An absent option reads as null.
  const topic = responseTopic ?? fields?.replyTo;
  if (typeof topic !== 'string') throw rejected('there is neither a response topic nor "replyTo": nobody to answer');
  try {
    // MQTT 3.1.1 has no response topic, and no place for the rest of these options.
    if (responseTopic == null) publish(topic, answer);
    else
      publishWith(topic, answer, {
        retain: false,
        contentType: 'application/json',
        expiry: EXPIRY,
        ...(correlationData != null && { correlationData }),
        userProperties: [],
      });
  } catch (thrown) {
    // The typed error of an import is the payload of what is thrown.
    const { payload } = thrown as { readonly payload?: PubsubError };
    // The requester chose the topic. One that is not granted, or is none, will not be better the next time.
    if (payload?.tag === 'permission-denied' || payload?.tag === 'invalid-argument') throw rejected(payload.val);
    // Anything else may: the request comes again.
    throw payload ?? thrown;
  }
}

function rejected(why: string): PubsubError {
  return { tag: 'rejected', val: why };
}

export const dataOnMessage = { onMessage };
