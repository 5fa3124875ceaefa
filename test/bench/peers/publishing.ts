/**
 * A program on mqtt.js that publishes what it gets: `publishing.ts <url> <metrics port> <qos> <overlapping> [after]`, in
 * and out at that QoS, with a client for each direction. With more than one handler under way mqtt.js has acknowledged
 * their messages before they are done; with one it acknowledges after the publish, as the host does. With `after` (at QoS
 * 1) its PUBACKs are held back until then, which mqtt.js itself has no means for.
 */
import type { Socket } from 'node:net';
import { connect, type MqttClient, type Packet } from 'mqtt';
import type { QoS } from '../../../src/types.ts';
import { count, tell } from './counting.ts';

const [url = '', port = '0', level = '1', overlapping = '1', after] = process.argv.slice(2);
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

type Send = (packet: Packet, sent?: () => void) => void;

/** Sends the PUBACK of a message; before that none leaves the client. */
function holdPubacks(client: MqttClient): (messageId: number) => void {
  const inner = client as unknown as { _sendPacket: Send };
  const send = inner._sendPacket.bind(client);
  inner._sendPacket = (packet, sent) => {
    if (packet.cmd === 'puback') sent?.();
    else send(packet, sent);
  };
  return (messageId) => send({ cmd: 'puback', messageId, reasonCode: 0 });
}

const acknowledge = after === undefined ? undefined : holdPubacks(incoming);

function handle(payload: Buffer, messageId: number): void {
  underWay++;
  outgoing.publish('out/bench', payload, { qos }, (error) => {
    if (error) throw error;
    acknowledge?.(messageId);
    done();
  });
}

incoming.handleMessage = (packet, next) => {
  handle(packet.payload as Buffer, packet.messageId ?? 0);
  if (underWay < limit) next();
  else admit = next;
};
incoming.on('connect', ({ sessionPresent }) => {
  if (!sessionPresent) incoming.subscribe('bench/#', { qos }, () => process.stdout.write('subscribed to bench/#\n'));
});
process.on('SIGTERM', () => incoming.end(false, () => outgoing.end(true, () => process.exit(0))));
tell(Number(port));
