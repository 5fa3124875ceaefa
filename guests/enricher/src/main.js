import { current } from 'host:pubsub/delivery@0.1.0';
import { publish } from 'wasi:pubsub/data-basic@0.1.0';
import { parseObject, rejected } from './json.js';

const TOPIC = /^devices\/([^/]+)\/(info|reading)$/;

/** What is known of each device. Kept in this instance only: there must be no second one (app.toml). */
const devices = new Map();
const encoder = new TextEncoder();

/** Called for each device's retained description on `devices/<id>/info`, and for each of its readings. */
function onMessage(message) {
  const { topic } = current();
  const [, id, kind] = TOPIC.exec(topic) ?? [];
  if (kind === 'info') learn(id, message.data);
  else if (kind === 'reading') enrich(id, message);
  else throw rejected(`"${topic}" is neither devices/<id>/info nor devices/<id>/reading`);
}

function learn(id, data) {
  // MQTT's way to delete a retained message is an empty one.
  if (data.length === 0) devices.delete(id);
  else devices.set(id, parseObject(data));
  console.debug(`${id}: ${devices.has(id) ? 'learned' : 'forgotten'}, ${devices.size} known`);
}

function enrich(id, message) {
  const reading = parseObject(message.data);
  const info = devices.get(id);
  // Not rejected: it may be on its way. The reading comes again, later and later, and is a dead letter in the end.
  if (info === undefined) throw { tag: 'other', val: `nothing is known of the device "${id}" yet` };
  publish(`enriched/${id}`, {
    // The same reading always makes the same event, so a repeated one can be told.
    id: `${message.id}-enriched`,
    source: '/enricher',
    type: 'com.example.reading.enriched',
    data: encoder.encode(JSON.stringify({ ...reading, device: { ...info, id } })),
  });
}

export const dataOnMessage = { onMessage };
