/**
 * Stock mqtt.js working off a backlog at qos 2: `backlog-stock.ts <url> <messages>` prints `subscribed`, and `rate
 * <messages a second>` once it has had all of them, counted from a tenth of them on.
 */
import { writeSync } from 'node:fs';
import mqtt from 'mqtt';

const [url = '', messages = '0'] = process.argv.slice(2);
const [total, first] = [Number(messages), Math.ceil(Number(messages) / 10)];
let [count, began] = [0, 0];

const client = mqtt.connect(url, {
  protocolVersion: 5,
  clientId: 'stock',
  clean: false,
  properties: { sessionExpiryInterval: 600 },
});
client.on('connect', ({ sessionPresent }) => {
  if (sessionPresent) return;
  client.subscribe('bench/#', { qos: 2 }, () => writeSync(1, 'subscribed\n'));
});
client.on('message', () => {
  count++;
  if (count === first) began = performance.now();
  if (count === total) writeSync(1, `rate ${Math.round(((total - first) / (performance.now() - began)) * 1000)}\n`);
});
process.on('SIGTERM', () => client.end(false, () => process.exit(0)));
