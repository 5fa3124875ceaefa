import { expect, test } from 'vitest';
import { nearest } from '../../src/config/suggest.ts';

const KEYS = ['qos', 'queue', 'url', 'client_id', 'on_message', 'max_in_flight', 'max_bytes_in_flight', 'topic', 'tls'];

test.each([
  ['quos', 'qos'],
  ['queu', 'queue'],
  ['uqeue', 'queue'],
  ['clientId', 'client_id'],
  ['client-id', 'client_id'],
  ['CLIENT_ID', 'client_id'],
  ['onMessage', 'on_message'],
  ['on_mesage', 'on_message'],
  ['max_inflight', 'max_in_flight'],
  ['topics', 'topic'],
  ['uri', 'url'],
])('%s is meant as %s', (name, meant) => {
  expect(nearest(name, KEYS)).toBe(meant);
});

test.each(['x', 'elephant', '', 'tp'])('%j is near to nothing', (name) => {
  expect(nearest(name, KEYS)).toBeUndefined();
});
