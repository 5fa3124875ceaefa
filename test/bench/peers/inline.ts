/**
 * A program on mqtt.js that calls the same guest, transpiled by jco, in the same thread:
 * `inline.ts <url> <metrics port> <qos> <variant> <component>`. The variants are those of `plain.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { QoS } from '../../../src/types.ts';
import { count, tell } from './counting.ts';
import { handlerOf, loadGuest, wasi } from './guest-module.ts';
import { subscribe } from './plain.ts';

const [url = '', port = '0', qos = '0', variant = 'stock', component = ''] = process.argv.slice(2);
const guest = await loadGuest(component);
const onMessage = handlerOf(guest.sync(await wasi()));
tell(Number(port));
subscribe(url, Number(qos) as QoS, variant, (topic, data) => {
  onMessage({ id: randomUUID(), source: topic, type: 'mqtt.message', data });
  count();
});
