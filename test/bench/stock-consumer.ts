/** A subscriber with stock mqtt.js at qos 2: `stock-consumer.ts <url>`. */
import type { Socket } from 'node:net';
import { connect } from 'mqtt';

let handled = 0;
const client = connect(process.argv[2] ?? '', { protocolVersion: 5, clientId: 'stock', reconnectPeriod: 0 });
client.on('message', () => {
  handled++;
});
client.on('connect', () => {
  (client.stream as Socket).setNoDelay(true);
  client.subscribe('bench/#', { qos: 2 });
});
process.on('exit', () => process.stderr.write(`${handled}\n`));
