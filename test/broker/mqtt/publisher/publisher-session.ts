import type { Packet } from 'mqtt-packet';
import type { ConnectionOptions } from '../../../../src/types.ts';
import {
  connectionTo,
  openPublisher,
  outgoing,
  type TestPublisher,
  testBroker,
} from '../../../support/broker-sessions.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryOutbox } from '../../../support/memory-outbox.ts';
import { obliging, type Peer, type Script, startScriptedBroker } from '../../../support/scripted-broker.ts';

export const OK = { ok: true, value: undefined };

/** An event for a row, at QoS 2 unless told. */
export const row = (text: string, qos: 0 | 1 | 2 = 2) => outgoing('t', text, { qos });

export const payloads = (peer: Peer) => peer.of('publish').map(({ payload }) => payload.toString());

/** What came after CONNECT: the packet's name, and its payload or its id. */
export const story = (peer: Peer) =>
  peer.received
    .slice(1)
    .map((packet) =>
      packet.cmd === 'publish'
        ? `publish ${packet.payload.toString()}${packet.dup ? ' dup' : ''}`
        : `${packet.cmd} ${packet.messageId}`,
    );

export const idOf = (peer: Peer, text: string): number =>
  peer.of('publish').findLast(({ payload }) => payload.toString() === text)?.messageId ?? 0;

type Connack = Parameters<typeof obliging>[0];

/** Carries every exchange through, except the PUBLISH packets that `unless` takes. */
export function answering(connack: Connack = {}, unless: (text: string, peer: Peer) => boolean = () => false): Script {
  const oblige = obliging(connack);
  return (packet, peer) => {
    if (packet.cmd === 'publish') {
      if (unless(packet.payload.toString(), peer)) return;
      const answer: Packet['cmd'] = packet.qos === 2 ? 'pubrec' : 'puback';
      if (packet.qos > 0) peer.send({ cmd: answer, messageId: packet.messageId ?? 0, reasonCode: 0 });
    } else if (packet.cmd === 'pubrel') {
      peer.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0, reasonCode: 0 });
    } else oblige(packet, peer);
  };
}

export interface SessionOptions {
  readonly script?: Script;
  readonly outbox?: MemoryOutbox;
  readonly connection?: Partial<ConnectionOptions>;
}

/** A publisher session on a scripted broker that accepts and leaves PUBLISH and PUBREL unanswered, unless told. */
export async function publisherSession({
  script = obliging(),
  outbox = new MemoryOutbox(),
  connection,
}: SessionOptions) {
  const scripted = await startScriptedBroker(script);
  const around = testBroker();
  const sender = openPublisher(around.broker, connectionTo(scripted.port, connection), { outbox });
  const peer = await scripted.peer();
  await eventually(() => peer.closed || sender.publisher.online);
  return { scripted, around, outbox, sender, peer };
}

let fences = 0;

/** What was sent to the host was looked at, and what it wrote then has come. */
export async function fence(sender: TestPublisher, peer: Peer): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const text = `fence ${++fences}`;
    const verdict = sender.send('fence', text);
    await eventually(() => idOf(peer, text) > 0);
    peer.send({ cmd: 'puback', messageId: idOf(peer, text), reasonCode: 0 });
    await verdict;
  }
}

/** {@link story} without the fences. */
export const storyOf = (peer: Peer) => story(peer).filter((line) => !line.includes('fence'));
