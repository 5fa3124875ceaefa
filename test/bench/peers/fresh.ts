/**
 * One fresh instance for each message, as Spin's MQTT trigger does it:
 * `fresh.ts <url> <metrics port> <qos> <variant> <component> <sync|async>`. The core modules are compiled once; `sync`
 * instantiates them in the handler, `async` as `WebAssembly.instantiate` does, with the message held until it is done.
 */
import { randomUUID } from 'node:crypto';
import type { QoS } from '../../../src/types.ts';
import { count, tell } from './counting.ts';
import { type GuestModule, handlerOf, type ImportObject, loadGuest, wasi } from './guest-module.ts';
import { subscribe, subscribeAsync } from './plain.ts';

const [url = '', port = '0', qos = '0', variant = 'stock', component = '', how = 'sync'] = process.argv.slice(2);

const message = (topic: string, data: Buffer) => ({ id: randomUUID(), source: topic, type: 'mqtt.message', data });

function inTurn(guest: GuestModule, imports: ImportObject): void {
  subscribe(url, Number(qos) as QoS, variant, (topic, data) => {
    handlerOf(guest.sync(imports))(message(topic, data));
    count();
  });
}

function awaited(guest: GuestModule, imports: ImportObject): void {
  subscribeAsync(url, Number(qos) as QoS, variant, async (topic, data) => {
    handlerOf(await guest.async(imports))(message(topic, data));
    count();
  });
}

const [guest, imports] = [await loadGuest(component), await wasi()];
tell(Number(port));
(how === 'sync' ? inTurn : awaited)(guest, imports);
