import type { AedesPublishPacket } from 'aedes';
import { filterFault } from '../../topics.ts';
import type { QoS } from '../../types.ts';
import type { Deliver, Router } from './router.ts';
import { lowerQoS, type Session } from './session.ts';

const PREFIX = '$share/';

export function isShared(filter: string): boolean {
  return filter.startsWith(PREFIX);
}

interface SharedFilter {
  readonly group: string;
  readonly filter: string;
}

/** The parts of `$share/<group>/<filter>`, or undefined when it is not well formed [MQTT-4.8.2-1, -2]. */
export function parseShared(text: string): SharedFilter | undefined {
  const slash = text.indexOf('/', PREFIX.length);
  if (!isShared(text) || slash < 0) return undefined;
  const group = text.slice(PREFIX.length, slash);
  const filter = text.slice(slash + 1);
  if (group === '' || /[+#]/.test(group) || filterFault(filter) !== undefined) return undefined;
  return { group, filter };
}

interface Member {
  readonly session: Session;
  qos: QoS;
}

/** The members of one `$share/<group>/<filter>`: each message goes to the next one in turn. */
class Group {
  readonly members: Member[] = [];
  readonly deliver: Deliver;
  #next = 0;

  constructor(send: SendShared) {
    this.deliver = (packet, done) => {
      const member = this.#pick(packet.qos, send);
      if (member === undefined) done();
      else send.deliver(member.session, packet, lowerQoS(packet.qos, member.qos), done);
    };
  }

  /** Passes over members that cannot have the message now, such as those that are away at QoS 0. */
  #pick(published: QoS, send: SendShared): Member | undefined {
    for (let tried = 0; tried < this.members.length; tried++) {
      const member = this.members[this.#next % this.members.length];
      this.#next = (this.#next + 1) % this.members.length;
      if (member !== undefined && send.accepts(member.session, lowerQoS(published, member.qos))) return member;
    }
    return undefined;
  }
}

/** How a message reaches the one member that it was meant for. */
export interface SendShared {
  accepts(session: Session, qos: QoS): boolean;
  deliver(session: Session, packet: AedesPublishPacket, qos: QoS, done: () => void): void;
}

/**
 * Shared subscriptions [MQTT 5, 4.8.2], for 3.1.1 clients too. A group is an ordinary subscriber of the router that
 * hands each message to one of its members. A persistent session stays a member while its client is away.
 */
export class SharedSubscriptions {
  readonly #groups = new Map<string, Group>();
  readonly #router: Router;
  readonly #send: SendShared;

  constructor(router: Router, send: SendShared) {
    this.#router = router;
    this.#send = send;
  }

  /** `shared` must be well formed. A member that joins again only changes its QoS. */
  join(session: Session, shared: string, qos: QoS): void {
    const parsed = parseShared(shared);
    if (parsed === undefined) return;
    let group = this.#groups.get(shared);
    if (group === undefined) {
      group = new Group(this.#send);
      this.#groups.set(shared, group);
      this.#router.on(parsed.filter, group.deliver);
    }
    const member = group.members.find((candidate) => candidate.session === session);
    if (member === undefined) group.members.push({ session, qos });
    else member.qos = qos;
  }

  leave(session: Session, shared: string): void {
    const group = this.#groups.get(shared);
    const parsed = parseShared(shared);
    const index = group?.members.findIndex((member) => member.session === session) ?? -1;
    if (group === undefined || parsed === undefined || index < 0) return;
    group.members.splice(index, 1);
    if (group.members.length > 0) return;
    this.#groups.delete(shared);
    this.#router.removeListener(parsed.filter, group.deliver);
  }
}
