/**
 * What a program looks like that does with stock mqtt.js what the host does: `stock-client.ts <url> <prefix>` answers
 * each message below `<prefix>/in` as its payload says, `publish <topic> <times>`, with a persistent session and qos 2
 * both ways. The control of the chaos tests: killed at random it loses messages and repeats them.
 */
import { writeSync } from 'node:fs';
import { connect } from 'mqtt';

const [url = '', prefix = '', protocol = '5'] = process.argv.slice(2);

const client = connect(url, {
  clientId: prefix.replaceAll('/', '-'),
  clean: false,
  protocolVersion: protocol === '4' ? 4 : 5,
  ...(protocol === '4' ? {} : { properties: { sessionExpiryInterval: 3_600 } }),
});

/** Mosquitto loses what is published beyond its receive maximum of 20: those wait here. */
const waiting: string[] = [];
let unanswered = 0;

function publish(): void {
  for (let output = waiting[0]; output !== undefined && unanswered < 20; output = waiting[0]) {
    waiting.shift();
    unanswered++;
    client.publish(output, '1', { qos: 2 }, () => {
      unanswered--;
      publish();
    });
  }
}

client.on('message', (_topic, payload) => {
  const [, output = ''] = payload.toString().split(' ');
  waiting.push(output);
  publish();
});
client.on('error', (error) => writeSync(2, `${error.message}\n`));
client.once('connect', () => {
  client.subscribe(`${prefix}/in/+`, { qos: 2 }, () => writeSync(1, 'subscribed\n'));
});
