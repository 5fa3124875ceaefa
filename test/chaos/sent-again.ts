import type { PacketHead } from './packet-heads.ts';

const [PUBLISH, PUBREL] = [3, 6];

/**
 * Finds what a broker may not send: a QoS 2 message again, with DUP, after its PUBREL. From then on the receiver need
 * not know it any more [MQTT-4.3.3-4, MQTT-4.3.3-9], and no host can tell it from a new one: it is handled twice.
 * Mosquitto does this after a restart with what had not got its PUBCOMP.
 */
export class SentAgain {
  /** By client id: packet ids of messages whose PUBREL passed, until they are used for new ones. */
  readonly #released = new Map<string, Set<number>>();
  count = 0;

  fromBroker(clientId: string, { type, packetId, qos, dup }: PacketHead): void {
    const known = this.#released.get(clientId);
    const released = known ?? new Set();
    if (known === undefined) this.#released.set(clientId, released);
    if (type === PUBREL) released.add(packetId);
    else if (type === PUBLISH && released.delete(packetId) && dup && qos === 2) this.count++;
  }
}
