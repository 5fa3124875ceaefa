/**
 * A program on mqtt.js that publishes what it gets: `publishing.ts <url> <metrics port> <qos> <overlapping>`, in and out
 * at that QoS, with a client for each direction. With more than one handler under way mqtt.js has acknowledged their
 * messages before they are done; with one it acknowledges after the publish, as the host does.
 */
import type { Socket } from 'node:net';
import { connect } from 'mqtt';
import type { QoS } from '../../../src/types.ts';
import { count, tell } from './counting.ts';

const [url = '', port = '0', level = '1', overlapping = '1'] = process.argv.slice(2);
const qos = Number(level) as QoS;
const limit = Number(overlapping);

const settings = {
  protocolVersion: 5,
  clean: false,
  reconnectPeriod: 0,
  log: () => {},
  properties: { sessionExpiryInterval: 600 },
} as const;
const outgoing = connect(url, { ...settings, clientId: 'plain-pub' });
const incoming = connect(url, { ...settings, clientId: 'plain' });
for (const client of [incoming, outgoing])
  client.on('connect', () => {
    (client.stream as Socket).setNoDelay(true);
  });

let underWay = 0;
/** Of the message that waits until there is room. */
let admit: (() => void) | undefined;

function done(): void {
  count();
  underWay--;
  const next = admit;
  admit = undefined;
  next?.();
}

function handle(payload: Buffer): void {
  underWay++;
  outgoing.publish('out/bench', payload, { qos }, (error) => {
    if (error) throw error;
    done();
  });
}

incoming.handleMessage = (packet, next) => {
  handle(packet.payload as Buffer);
  if (underWay < limit) next();
  else admit = next;
};
incoming.on('connect', ({ sessionPresent }) => {
  if (!sessionPresent) incoming.subscribe('bench/#', { qos }, () => process.stdout.write('subscribed to bench/#\n'));
});
process.on('SIGTERM', () => incoming.end(false, () => outgoing.end(true, () => process.exit(0))));
tell(Number(port));
