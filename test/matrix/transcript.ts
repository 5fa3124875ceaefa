import type { Packet } from 'mqtt-packet';

const text = (payload: unknown): string => (payload === undefined ? '' : ` "${String(payload).slice(0, 40)}"`);

/** One packet in words. */
export function inWords(packet: Packet): string {
  const name = packet.cmd.toUpperCase();
  const id = packet.messageId === undefined ? '' : ` ${packet.messageId}`;
  const code = 'reasonCode' in packet && packet.reasonCode ? ` 0x${packet.reasonCode.toString(16)}` : '';
  switch (packet.cmd) {
    case 'connect':
      return `CONNECT ${packet.clientId}${packet.clean === true ? ', clean' : ''}`;
    case 'connack':
      return `CONNACK${code}, session ${packet.sessionPresent ? 'present' : 'not present'}`;
    case 'publish': {
      const flags = `${packet.dup ? ', DUP' : ''}${packet.retain ? ', RETAIN' : ''}`;
      return `PUBLISH${packet.qos === 0 ? '' : id} on ${packet.topic}, QoS ${packet.qos}${flags}${text(packet.payload)}`;
    }
    case 'subscribe':
      return `SUBSCRIBE${id} ${packet.subscriptions.map(({ topic, qos }) => `${topic} QoS ${qos}`).join(', ')}`;
    case 'suback':
      return `SUBACK${id} ${packet.granted.join(', ')}`;
    default:
      return `${name}${id}${code}`;
  }
}

/** What went over the wire in a probe, in order: the evidence. */
export class Transcript {
  readonly #lines: string[] = [];

  note(line: string): void {
    this.#lines.push(line);
  }

  sent(client: string, packet: Packet): void {
    this.#lines.push(`${client} → broker  ${inWords(packet)}`);
  }

  received(client: string, packet: Packet): void {
    this.#lines.push(`${client} ← broker  ${inWords(packet)}`);
  }

  toString(): string {
    return this.#lines.join('\n');
  }
}
