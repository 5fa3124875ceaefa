import { expect, it } from 'vitest';
import { decodeEvent, deliveryInfo } from '../../src/events/index.ts';
import { bytes, incoming, required, wire } from './samples.ts';

it('tells what the packet had', () => {
  const properties = {
    contentType: 'text/csv',
    responseTopic: 'r',
    correlationData: bytes('c'),
    expiry: 3,
    userProperties: required,
  };
  const message = incoming(wire('x', properties), { qos: 2, retained: true });
  expect(deliveryInfo(message, 1)).toEqual({
    topic: 'a/b',
    qos: 2,
    retained: true,
    redelivered: false,
    attempt: 1,
    contentType: 'text/csv',
    responseTopic: 'r',
    correlationData: bytes('c'),
    userProperties: required,
  });
});

it('says redelivered for a DUP and for a later attempt', () => {
  expect(deliveryInfo(incoming(wire('x'), { dup: true }), 1).redelivered).toBe(true);
  expect(deliveryInfo(incoming(wire('x')), 2)).toMatchObject({ redelivered: true, attempt: 2 });
});

it('gives the content type of the data that the event holds', () => {
  const typeOf = (payload: string, contentType: string) => {
    const message = incoming(wire(payload, { contentType }));
    return deliveryInfo(message, 1, decodeEvent(message, 5, () => 'x').event).contentType;
  };
  const inner = '"specversion":"1.0","id":"1","source":"/s","type":"t"';
  expect(typeOf(`{${inner},"datacontenttype":"text/csv","data":"a"}`, 'application/cloudevents+json')).toBe('text/csv');
  expect(typeOf(`{${inner},"data":"a"}`, 'application/cloudevents+json')).toBeUndefined();
  expect(typeOf('[]', 'application/cloudevents-batch+json')).toBe('application/cloudevents-batch+json');
  expect(typeOf('a', 'text/csv')).toBe('text/csv');
});
